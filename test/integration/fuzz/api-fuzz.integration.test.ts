import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemSchema } from '../../../contracts/error.ts';
import type { Actor } from '../../../contracts/permissions/rule.ts';
import { apiDocument } from '../../../scripts/docs/api-document.ts';
import { makeWorld, type World } from '../../matrix/world.ts';
import { type FuzzRequest, requestsOf, type Target } from './requests.ts';
import type { Known } from './values.ts';

// The same requests each time; others with SFP_FUZZ_SEED, more of them with SFP_FUZZ_REQUESTS.
const seed = Number(process.env.SFP_FUZZ_SEED ?? 20_261_121);
const wanted = Number(process.env.SFP_FUZZ_REQUESTS ?? 4_000);

/** Mostly somebody who may do it. */
const actors: readonly Actor[] = [
  'owner',
  'owner',
  'owner',
  'admin',
  'member',
  'viewer',
  'outsider',
  'token:deploy',
  'anon',
];

const document = await apiDocument();
const targets: Target[] = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
);
const share = Math.ceil(wanted / targets.length);

let world: World;
let sent = 0;
const answers = new Map<number, number>();
beforeAll(async () => {
  world = await makeWorld();
  await furnish();
});
afterAll(() => world?.stack.stop());

/** Where the things of the account are that a field of this name names. */
const sources: Record<string, string> = {
  'project|projects|projectId': `select id::text as name, account_id from public.projects
    union select slug, account_id from public.projects`,
  'environment|environments|environmentId|from|to': 'select id::text as name, account_id from public.environments',
  accountId: 'select id::text as name, id as account_id from public.accounts',
  'deployment|deployments|source|deploymentId': 'select id::text as name, account_id from public.deployments',
  'task|tasks|taskId': 'select id::text as name, account_id from public.tasks',
  'build|builds|buildId': 'select id::text as name, account_id from public.builds',
  'release|releases|releaseId': 'select name, account_id from public.releases',
  'schedule|schedules': 'select id::text as name, account_id from public.schedules',
  'collection|collections': 'select name, account_id from public.collections',
  'ticket|lockTicket|locks': 'select id::text as name, account_id from public.environment_allocations',
  'integration|integrations': 'select id::text as name, account_id from public.integrations',
  'association|associations': 'select id::text as name, account_id from public.platform_associations',
  'invitation|invitations': 'select id::text as name, account_id from public.invitations',
  'token|tokens': 'select id::text as name, account_id from public.application_tokens',
  'user|members|requestedBy|actor': 'select user_id::text as name, account_id from public.accounts_memberships',
};

/** One of each, so that there is something to ask for from the first request on. */
async function furnish(): Promise<void> {
  const { stack, account, project } = world;
  await world.newIntegration();
  await world.newSchedule();
  await world.newLock('owner');
  await world.newInvitation(account, 'fuzz@example.test');
  await world.newMember();
  const token = world.apiToken('owner');
  for (const [path, body] of [
    [`/builds`, { project }],
    [`/releases`, { accountId: account, name: '1.0.0' }],
    [`/collections`, { accountId: account, name: 'notes' }],
    [`/projects/${project}/associations`, { host: 'github', repository: 'acme/site' }],
  ] as const) {
    const { status, body: answer } = await stack.call('POST', path, { token, body });
    if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
  }
}

/** Ids and names of what is there, so that not every request ends at a 404. */
async function known(): Promise<Known> {
  const found = new Map<string, fc.Arbitrary<string>>();
  for (const [fields, sql] of Object.entries(sources)) {
    const { rows } = await world.stack.owner.query<{ name: string }>(
      `select name from (${sql}) found where account_id = $1 order by 1 limit 50`,
      [world.account],
    );
    const [first, ...rest] = rows.map(({ name }) => name);
    if (first === undefined) continue;
    for (const field of fields.split('|')) found.set(field, fc.constantFrom(first, ...rest));
  }
  return (field) => found.get(field);
}

async function send({ method, path, headers, body, actor }: FuzzRequest) {
  const token = world.apiToken(actors[actor] ?? 'owner');
  sent += 1;
  const response = await fetch(world.stack.url + path, {
    method,
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
  });
  answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

/** What is wrong with an answer; undefined when nothing is. */
function complaint(target: Target, { status, type, text }: Awaited<ReturnType<typeof send>>): string | undefined {
  // That a part is down is what /health is there to say; the engine is no part of this stack.
  if (status === 503 && target.path === '/api/v1/health') return undefined;
  if (status >= 500) return 'it is an error of the server';
  if (status < 400) return undefined;
  if (!type.startsWith('application/problem+json')) return `its content type is ${type}`;
  const problem = problemSchema.safeParse(JSON.parse(text));
  if (!problem.success) return 'it is no problem document';
  if (problem.data.status !== status) return 'the document says another status';
  // Rules of the platform, which have codes of their own, say it in their sentence.
  const unnamed = ['request_invalid', 'invalid_value'].includes(problem.data.code) && problem.data.errors === undefined;
  if (unnamed) return 'no field is named';
  return problem.data.errors?.some(({ path }) => path === '') ? 'a field without a name' : undefined;
}

describe('the API, fuzzed from its own document', () => {
  it.each(targets.map((target) => [`${target.method.toUpperCase()} ${target.path}`, target] as const))(
    '%s',
    async (_, target) => {
      const names = await known();
      await fc.assert(
        fc.asyncProperty(requestsOf(target, names, actors.length), async (request) => {
          const answer = await send(request);
          const wrong = complaint(target, answer);
          if (wrong !== undefined) throw new Error(`${answer.status} ${answer.text.slice(0, 500)}: ${wrong}`);
        }),
        { seed, numRuns: share, endOnFailure: true },
      );
    },
    120_000,
  );

  it('was sent as much as was wanted', () => {
    expect(sent).toBeGreaterThanOrEqual(wanted);
    // Not only refusals: what is refused at the door tests the door alone.
    const done = [...answers].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
    expect(done).toBeGreaterThan(sent / 8);
  });
});
