import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bashOffers } from '../../support/shell-completion.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const cli = new StackCli();
let stack: ServerStack;
let owner: User;
let script: string;
let account: string;
let task: string;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  const other = await stack.user('other.person');
  owner = await stack.user('owner');
  const args = ['login', stack.url, '--name', 'here', '--email', owner.email, '--password-stdin'];
  expect((await cli.run(args, { input: owner.password })).exitCode).toBe(0);
  script = (await cli.run(['completion', 'bash'])).stdout;
  const post = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const answer = await stack.call('POST', path, { token: owner.token, body });
    expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
    return answer.body;
  };
  account = (await post('/accounts', { slug: 'acme', name: 'Acme' })).id ?? '';
  await post('/projects', { slug: 'site', name: 'Site', repositoryUrl: '/site' });
  await post('/projects', { slug: 'shop', name: 'Shop', repositoryUrl: '/shop' });
  await stack.owner.query(
    `insert into public.environments (account_id, project_id, slug, name, category)
     select account_id, id, unnest(array['dev', 'live']), 'One', unnest(array['dev', 'production']::public.environment_category[])
     from public.projects where slug = 'site'`,
  );
  await post('/integrations', { name: 'registry' });
  await stack.owner.query(
    `insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, 'viewer')`,
    [account, other.id],
  );
  const { rows } = await stack.owner.query<{ id: string }>(
    `insert into public.tasks (account_id, type) values ($1, 'noop') returning id`,
    [account],
  );
  task = rows[0]?.id ?? '';
  mkdirSync(join(cli.baseDir, 'tenants', 'acme-dev'), { recursive: true });
  mkdirSync(join(cli.baseDir, 'tenants', '.hidden'));
});
afterAll(async () => {
  await stack?.stop();
  await cli.close();
});

// What is offered is what is asked here, not how soon.
const patience = { SFP_COMPLETION_TIMEOUT: '30000' };
const offers = (line: string, env: Record<string, string> = {}): Promise<string[]> =>
  bashOffers(line, { script, program: [process.execPath, main], env: { ...cli.env, ...patience, ...env } });
const complete = (words: readonly string[], env: Record<string, string> = {}) =>
  cli.run(['__complete', ...words], { env: { ...patience, ...env } });

describe('bash offers', () => {
  it('names of the server', async () => {
    expect(await offers('sfp deploy --project s')).toEqual(expect.arrayContaining(['site', 'shop']));
    expect(await offers('sfp deploy --project=si')).toEqual(['site']);
    expect(await offers('sfp deploy -p site --environment ')).toEqual(expect.arrayContaining(['dev', 'live']));
    expect(await offers('sfp environment get -p site l')).toEqual(['live']);
    expect(await offers('sfp environment get ')).toEqual([]);
    expect(await offers('sfp task watch ')).toEqual([task]);
    expect(await offers('sfp integration get ')).toEqual(['registry']);
    expect(await offers('sfp member list --account ')).toEqual(['acme']);
    expect(await offers('sfp --context here project get sh')).toEqual(['shop']);
  });

  it('an address from where readline cuts it', async () => {
    expect(await offers('sfp member update other')).toEqual(['other.person@example.test']);
    expect(await offers('sfp member update other.person@ex')).toEqual(['example.test']);
  });

  it('names of this machine', async () => {
    expect(await offers('sfp context use ')).toEqual(['here']);
    expect(await offers('sfp project list --context ')).toEqual(['here']);
    expect(await offers('sfp server status --tenant ')).toEqual(['acme-dev']);
    expect(await offers('sfp server logs -t acme-dev --service worker-')).toEqual(['worker-standard', 'worker-long']);
  });

  it('with an application token too', async () => {
    const made = await stack.call('POST', '/tokens', {
      token: owner.token,
      body: { name: 'ci', scope: 'read', accountId: account },
    });
    const env = { SFP_URL: stack.url, SFP_TOKEN: made.body.token, SFP_CONFIG_DIR: join(cli.home, 'other') };
    expect(await offers('sfp project get si', env)).toEqual(['site']);
    const [cache = ''] = readdirSync(env.SFP_CONFIG_DIR).map((name) => join(env.SFP_CONFIG_DIR, name));
    expect(readFileSync(cache, 'utf8')).not.toContain(made.body.token);
    expect(statSync(cache).mode & 0o777).toBe(0o600);
  });
});

describe('sfp __complete', () => {
  it('shows a hint behind a tab', async () => {
    const { stdout } = await complete(['task', 'cancel', '']);
    expect(stdout).toMatch(new RegExp(`^${task}\tnoop queued, \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d$`));
    expect((await complete(['environment', 'get', '-p', 'site', 'l'])).stdout).toBe('live\tproduction');
  });

  it('offers no name that a shell would run, and no sign that a terminal obeys', async () => {
    await stack.owner.query(
      `with evil as (insert into auth.users (id, email, aud, role)
         values (gen_random_uuid(), 'x$(id)@example.test', 'authenticated', 'authenticated') returning id)
       insert into public.accounts_memberships (account_id, user_id, role) select $1, id, 'viewer' from evil`,
      [account],
    );
    const members = await stack.call('GET', '/members', { token: owner.token });
    expect(JSON.stringify(members.body)).toContain('x$(id)@example.test');
    expect((await complete(['member', 'remove', ''])).stdout).not.toContain('$');
    await stack.owner.query(`update public.projects set name = E'Si\\x1b[31mte\\nnext' where slug = 'site'`);
    expect((await complete(['project', 'update', 'si'])).stdout).toBe('site\tSi [31mte next');
  });

  it('is silent about whatever is wrong, and ends well', async () => {
    const nothing = { exitCode: 0, stdout: '', stderr: '' };
    expect(await complete(['environment', 'list', '-p', 'nowhere', '--project', ''], { SFP_CONTEXT: 'gone' })).toEqual(
      nothing,
    );
    expect(await complete(['environment', 'get', '-p', 'nowhere', ''])).toEqual(nothing);
    expect(await complete(['depoly', ''])).toEqual(nothing);
    expect(await complete([])).toEqual(nothing);
    expect(await complete(['project', 'get', ''], { SFP_URL: 'http://127.0.0.1:9', SFP_TOKEN: 'x' })).toEqual(nothing);
    expect(await complete(['server', 'status', '-t', ''], { SFP_HOME: '/nowhere' })).toEqual(nothing);
    const logged = { SFP_CONFIG_DIR: join(cli.home, 'nobody') };
    expect(await complete(['project', 'get', ''], logged)).toEqual(nothing);
  });

  it('gives up on a server that does not answer', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const address = silent.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const saved = JSON.parse(readFileSync(join(cli.home, 'config', 'contexts.json'), 'utf8'));
      const store = join(cli.home, 'silent');
      mkdirSync(store);
      const contexts = saved.contexts.map((each: object) => ({ ...each, url: `http://127.0.0.1:${port}` }));

      writeFileSync(join(store, 'contexts.json'), JSON.stringify({ ...saved, contexts }));
      expect(await complete(['project', 'get', ''], { SFP_CONFIG_DIR: store, SFP_COMPLETION_TIMEOUT: '' })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: '',
      });
    } finally {
      silent.close();
    }
  });
});
