import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemSchema } from '../../../contracts/error.ts';
import type { Actor } from '../../../contracts/permissions/rule.ts';
import { apiDocument } from '../../../scripts/docs/api-document.ts';
import { makeWorld, type World } from '../../matrix/world.ts';
import { type FuzzRequest, requestsOf, type Target } from './requests.ts';

// The same requests each time; others with SFP_FUZZ_SEED, more of them with SFP_FUZZ_REQUESTS.
const seed = Number(process.env.SFP_FUZZ_SEED ?? 20_261_121);
const wanted = Number(process.env.SFP_FUZZ_REQUESTS ?? 10_000);

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
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world?.stack.stop());

/** Ids and names of what is there, so that not every request ends at a 404. */
async function known(): Promise<string[]> {
  const { rows } = await world.stack.owner.query<{ name: string }>(
    `select distinct name from (
       select id::text as name from public.projects union select id::text from public.environments
       union select id::text from public.deployments union select id::text from public.tasks
       union select id::text from public.accounts union select id::text from public.integrations
       union select id::text from public.builds union select id::text from public.releases
       union select id::text from public.schedules union select id::text from public.invitations
       union select id::text from public.environment_allocations
       union select user_id::text from public.accounts_memberships
       union select slug from public.projects union select slug from public.environments
       union select name from public.releases union select name from public.collections) all_names
     order by 1 limit 500`,
  );
  return [...rows.map(({ name }) => name), world.project, world.environment, 'site', 'dev'];
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
      const names = fc.constantFrom(...(await known()));
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
  });
});
