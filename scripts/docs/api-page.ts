import type { ApiDocument, JsonSchema, Operation } from './api-document.ts';
import { generatedNote } from './generated-note.ts';
import { markdownTable } from './markdown-table.ts';
import { constraints, definitionText, type SchemaNames, schemaText } from './schema-text.ts';

interface Route {
  method: string;
  path: string;
  operation: Operation;
}

/** Where the shape of each named thing is taken from: what this route answers. */
const namedAnswers: readonly (readonly [name: string, method: string, path: string])[] = [
  ['Health', 'get', '/api/v1/health'],
  ['Session', 'post', '/api/v1/auth/login'],
  ['Account', 'post', '/api/v1/accounts'],
  ['Member', 'get', '/api/v1/members/{user}'],
  ['Project', 'get', '/api/v1/projects/{idOrSlug}'],
  ['Environment', 'get', '/api/v1/environments/{id}'],
  ['Deployment', 'get', '/api/v1/deployments/{id}'],
  ['Task', 'get', '/api/v1/tasks/{id}'],
];
/** Things that only come in lists. */
const namedItems: typeof namedAnswers = [
  ['TaskEvent', 'get', '/api/v1/tasks/{id}/events'],
  ['ApplicationToken', 'get', '/api/v1/tokens'],
  ['Invitation', 'get', '/api/v1/invitations'],
  ['AuditEntry', 'get', '/api/v1/audit'],
];

/** docs/api.md: every route and every shape of the OpenAPI document. */
export function apiPage({ paths }: ApiDocument): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Route => ({ method, path, operation })),
  );
  const shapes = new Map<string, JsonSchema>();
  for (const [name, method, path] of namedAnswers) shapes.set(name, answerOf(routes, method, path));
  for (const [name, method, path] of namedItems) {
    const items = answerOf(routes, method, path).properties?.items?.items;
    if (items === undefined) throw new Error(`${method} ${path} answers no list`);
    shapes.set(name, items);
  }
  const problem = problemOf(routes);
  shapes.set('Problem', problem);
  const names: SchemaNames = new Map([...shapes].map(([name, schema]) => [JSON.stringify(schema), name]));
  const tags = [...new Set(routes.map(({ operation }) => operation.tags[0] ?? ''))];
  return `${[
    generatedNote,
    '# API',
    'Everything is below the stack’s public URL (`sfp server status`). A running stack serves the same as a document for machines, `GET /api/v1/openapi.json`, and as a page, `GET /api/v1/docs`.',
    'Requests that need a login carry `Authorization: Bearer <token>` with a user’s access token (`POST /api/v1/auth/login`) or an application token (`sfp token create`). Row-level security decides what the caller sees; what is not the caller’s is “not found”. JSON in, JSON out, at most 2 MB a body.',
    'Lists answer newest first with `{items, nextCursor}`; give `nextCursor` back as `cursor` for the next page. `POST` requests that answer 201 take an `Idempotency-Key`: the same key with the same body within a day gets the first answer again (with `Idempotency-Replayed: true`) and makes nothing new. Every refusal is a [`Problem`](#problem-shape); its `requestId` stands in the log of `api`.',
    'Live events are not polled: join the private Realtime topic `task:<id>` (or `environment:`, `project:`, `account:<id>`) with a user’s token (`POST /api/v1/auth/token` gives one for an application token), and fetch what is missing from `GET /api/v1/tasks/{id}/events`. `client/` does both.',
    markdownTable(
      ['route', 'what', 'login'],
      routes.map(({ method, path, operation }) => [
        `\`${method.toUpperCase()} ${path}\``,
        operation.summary,
        operation.security === undefined ? 'no' : 'yes',
      ]),
    ),
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      ...routes.filter(({ operation }) => operation.tags[0] === tag).map((route) => routeText(route, names, problem)),
    ]),
    '## Shapes',
    ...[...shapes].map(([name, schema]) => `### ${name} shape\n\n${code(definitionText(schema, names))}`),
  ].join('\n\n')}\n`;
}

const code = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``;
const jsonOf = (content: Operation['responses'][string]['content']): JsonSchema | undefined =>
  Object.values(content ?? {})[0]?.schema;

function answerOf(routes: readonly Route[], method: string, path: string): JsonSchema {
  const responses = routes.find((route) => route.method === method && route.path === path)?.operation.responses ?? {};
  const schema = jsonOf((responses['200'] ?? responses['201'])?.content);
  if (schema === undefined) throw new Error(`${method} ${path} answers nothing that could be named`);
  return schema;
}

function problemOf(routes: readonly Route[]): JsonSchema {
  const schema = routes.map(({ operation }) => jsonOf(operation.responses.default?.content)).find(Boolean);
  if (schema === undefined) throw new Error('no route answers a problem');
  return schema;
}

function routeText({ method, path, operation }: Route, names: SchemaNames, problem: JsonSchema): string {
  const { summary, description, parameters, requestBody, responses } = operation;
  const body = jsonOf(requestBody?.content);
  const answers = Object.entries(responses).filter(
    ([, { content }]) => JSON.stringify(jsonOf(content)) !== JSON.stringify(problem),
  );
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${summary}.`,
    ...(description === undefined ? [] : [description]),
    ...(parameters.length === 0
      ? []
      : [
          markdownTable(
            ['parameter', 'in', 'value'],
            parameters.map(({ name, in: place, required, schema }) => [
              `\`${name}\`${required ? '' : ' (optional)'}`,
              place,
              [`\`${schemaText(schema, names)}\``, constraints(schema)].filter(Boolean).join('; '),
            ]),
          ),
        ]),
    ...(body === undefined ? [] : [`Body:\n\n${code(schemaText(body, names))}`]),
    ...answers.map(([status, answer]) => answerText(status, answer, names)),
  ].join('\n\n');
}

function answerText(status: string, { description, content }: Operation['responses'][string], names: SchemaNames) {
  const schema = jsonOf(content);
  if (schema === undefined) return `${status}: ${description}.`;
  const text = schemaText(schema, names);
  const isName = /^[A-Z][A-Za-z]*$/.test(text);
  return `${status}: ${description}${isName ? `: [\`${text}\`](#${text.toLowerCase()}-shape)` : `\n\n${code(text)}`}`;
}
