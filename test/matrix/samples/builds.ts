import { randomBytes } from 'node:crypto';
import type { World } from '../world.ts';
import type { Sample } from './sample.ts';

/** A queued build, with its task. */
export const newBuild = async (world: World): Promise<string> => {
  const sql = `insert into public.builds (account_id, project_id, ref) values ($1, $2, 'main') returning id`;
  return (await world.insert(sql, [world.account, world.project])).id ?? '';
};

/** One that keeps a file which no store has. */
export async function newKeptFile(world: World): Promise<{ build_id: string; path: string }> {
  const build = await newBuild(world);
  const path = `${randomBytes(6).toString('hex')}.txt`;
  const digest = randomBytes(32).toString('hex');
  await world.insert('insert into private.artifacts (digest, size_bytes) values ($1, 1) returning digest', [digest]);
  await world.insert(
    `insert into public.build_artifacts (build_id, account_id, kind, path, digest, size_bytes)
     values ($1, $2, 'file', $3, $4, 1) returning path`,
    [build, world.account, path, digest],
  );
  return { build_id: build, path };
}

export const builds = {
  builds: {
    existing: async (world) => ({ id: await newBuild(world) }),
    fresh: (world) => ({ account_id: world.account, project_id: world.project, ref: 'main' }),
    patch: { commit_sha: 'abc' },
  },
  build_artifacts: {
    existing: newKeptFile,
    fresh: async (world) => ({
      ...(await newKeptFile(world)),
      path: 'another.txt',
      account_id: world.account,
      kind: 'file',
      digest: (await world.insert('select digest from private.artifacts limit 1')).digest,
      size_bytes: 1,
    }),
    patch: { executable: true },
  },
} satisfies Record<string, Sample>;
