import fc from 'fast-check';
import type { JsonSchema, Operation } from '../../../scripts/docs/api-document.ts';
import { junk, type Known, spoiltValuesOf, valuesOf } from './values.ts';

/** One request of an operation; `path` has its parameters and its query in it. */
export interface FuzzRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Who asks: an index into the actors of the test. */
  actor: number;
}

export interface Target {
  method: string;
  path: string;
  operation: Operation;
}

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
/** What fetch can put into a header. */
const headerText = (value: unknown): string =>
  written(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
/** Not so long that the HTTP server refuses the request before the API sees it: 16 KiB of headers, Node's default. */
const encoded = (value: unknown): string => encodeURIComponent(written(value).slice(0, 400).toWellFormed());

/** What is wrong about a request, when something is. */
type Spoilt = 'nothing' | 'path' | 'query' | 'headers' | 'body';

const parameter = (schema: JsonSchema, known: Known, field: string, spoilt: boolean): fc.Arbitrary<unknown> =>
  spoilt ? fc.oneof(junk, valuesOf(schema, known, field)) : valuesOf(schema, known, field);

function query({ operation }: Target, known: Known, spoilt: boolean): fc.Arbitrary<string> {
  // A cursor comes from an answer; one that is made up is wrong.
  const named = operation.parameters.filter((of) => of.in === 'query' && (spoilt || of.name !== 'cursor'));
  const values: Record<string, fc.Arbitrary<unknown>> = spoilt ? { surplus: junk } : {};
  for (const { name, schema } of named) values[name] = parameter(schema, known, name, spoilt);
  const requiredKeys = named.filter(({ required }) => required).map(({ name }) => name);
  return fc.record(values, { requiredKeys }).map((chosen) => {
    const pairs = Object.entries<unknown>(chosen).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encoded(value)}`,
    );
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  });
}

/** What the parameter `{id}` of `/environments/{id}` names is an environment; the others say it themselves. */
const fieldOf = (path: string, name: string): string =>
  ['id', 'idOrSlug', 'idOrName'].includes(name) ? (path.split('/')[3] ?? name) : name;

function path(target: Target, known: Known, spoilt: boolean): fc.Arbitrary<string> {
  const named = target.operation.parameters.filter((of) => of.in === 'path');
  const values = named.map(({ name, schema }) => parameter(schema, known, fieldOf(target.path, name), spoilt));
  return fc.tuple(...values).map((chosen) =>
    // An empty segment would be another route.
    named.reduce((text, { name }, n) => text.replace(`{${name}}`, encoded(chosen[n]) || '%20'), target.path),
  );
}

function headers({ operation }: Target, known: Known, spoilt: boolean): fc.Arbitrary<Record<string, string>> {
  const named = operation.parameters.filter((of) => of.in === 'header');
  const version = fc.constantFrom('*', '"1"', '"2"');
  const values: Record<string, fc.Arbitrary<unknown>> = {
    'idempotency-key': spoilt ? fc.oneof(fc.uuid(), junk) : fc.uuid(),
  };
  for (const { name, schema } of named) {
    const right = name.toLowerCase() === 'if-match' ? version : valuesOf(schema, known, name);
    values[name] = spoilt ? fc.oneof(junk, right) : right;
  }
  const requiredKeys = spoilt ? [] : named.map(({ name }) => name).filter((name) => !/none-match/i.test(name));
  return fc
    .record(values, { requiredKeys })
    .map((chosen) =>
      Object.fromEntries(Object.entries<unknown>(chosen).map(([name, value]) => [name, headerText(value)])),
    );
}

function body({ operation }: Target, known: Known, spoilt: boolean): fc.Arbitrary<string | undefined> {
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  if (schema === undefined) return fc.constant(undefined);
  const json = (value: unknown): string => JSON.stringify(value) ?? 'null';
  if (!spoilt) return valuesOf(schema, known).map(json);
  return fc.oneof(
    { weight: 8, arbitrary: spoiltValuesOf(schema, known).map(json) },
    { weight: 1, arbitrary: fc.constantFrom('', '{', '{"a":', 'null', '[]', '"\\ud800"', '{"__proto__":{"x":1}}') },
  );
}

/**
 * Requests of one operation: half of them as its description allows, the others with something wrong about them.
 *
 * @param actors how many there are to choose from
 */
export function requestsOf(target: Target, known: Known, actors: number): fc.Arbitrary<FuzzRequest> {
  const wrongs: readonly Spoilt[] = ['nothing', 'nothing', 'nothing', 'nothing', 'path', 'query', 'headers', 'body'];
  return fc.constantFrom(...wrongs).chain((spoilt) =>
    fc.record({
      method: fc.constant(target.method.toUpperCase()),
      path: fc
        .tuple(path(target, known, spoilt === 'path'), query(target, known, spoilt === 'query'))
        .map((parts) => parts.join('')),
      headers: headers(target, known, spoilt === 'headers'),
      body: body(target, known, spoilt === 'body'),
      actor: fc.nat(actors - 1),
    }),
  );
}
