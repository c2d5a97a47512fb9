import { randomUUID } from 'node:crypto';
import { asUser, type CoreDatabase } from './core-database.ts';

/** Two accounts with a member of every role in the first, and a project with an environment. */
export interface World {
  account: string;
  otherAccount: string;
  owner: string;
  admin: string;
  member: string;
  viewer: string;
  outsider: string;
  project: string;
  environment: string;
  /** Inserts a deployment as the member, straight into the table, and returns it with its task. */
  deploy(): Promise<{ deployment: string; task: string }>;
}

export async function makeWorld(database: CoreDatabase): Promise<World> {
  const tag = randomUUID().slice(0, 8);
  const users: string[] = [];
  for (const name of ['owner', 'admin', 'member', 'viewer', 'outsider']) {
    users.push(await database.user(`${name}-${tag}@example.test`));
  }
  const [owner, admin, member, viewer, outsider] = users;
  if (!owner || !admin || !member || !viewer || !outsider) throw new Error('no users');
  const accountOf = (user: string, slug: string): Promise<string> =>
    database.as(asUser(user), async (client) => {
      const { rows } = await client.query<{ id: string }>('select id from public.create_account($1, $1)', [slug]);
      return rows[0]?.id ?? '';
    });
  const account = await accountOf(owner, `a-${tag}`);
  const otherAccount = await accountOf(outsider, `b-${tag}`);
  const insert = async (sql: string, values: unknown[]): Promise<string> => {
    const { rows } = await database.owner.query<{ id: string }>(`${sql} returning id`, values);
    return rows[0]?.id ?? '';
  };
  for (const [user, role] of [
    [admin, 'admin'],
    [member, 'member'],
    [viewer, 'viewer'],
  ]) {
    await database.owner.query(
      'insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, $3)',
      [account, user, role],
    );
  }
  const project = await insert(
    `insert into public.projects (account_id, slug, name, repository_url) values ($1, 'site', 'Site', '/repo')`,
    [account],
  );
  const environment = await insert(
    `insert into public.environments (account_id, project_id, slug, name) values ($1, $2, 'dev', 'Dev')`,
    [account, project],
  );
  return {
    account,
    otherAccount,
    owner,
    admin,
    member,
    viewer,
    outsider,
    project,
    environment,
    deploy: () =>
      database.as(asUser(member), async (client) => {
        const { rows } = await client.query<{ id: string; task_id: string }>(
          `insert into public.deployments (account_id, project_id, environment_id, ref) values ($1, $2, $3, 'main')
           returning id, task_id`,
          [account, project, environment],
        );
        return { deployment: rows[0]?.id ?? '', task: rows[0]?.task_id ?? '' };
      }),
  };
}
