import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { outputOf, resultOf } from './support/feed.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';
import { stackRows } from './support/stack-database.ts';

const newSecret = (): string => `secret-${randomBytes(12).toString('hex')}`;

/** Arguments of every process of this machine. */
function processArguments(): string {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.map(argumentsOf).join('\n');
}
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('a step that asks for a credential', () => {
  const home = new Home();
  let stack: E2eStack;
  const file = (name: string, text: string): string => {
    const path = home.path(name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const sfp = (...args: string[]) => home.sfp(...args, '--context', stack.tenant);
  const json = async <Value>(...args: string[]): Promise<Value> => ok(await sfp(...args, '--json')).json() as Value;

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'vaulted', 'version: 1\ndeploy:\n  - name: go\n    run: "true"\n');
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('gets it in its own environment; nobody and nothing else does', async () => {
    const [ofAccount, ofProject] = [newSecret(), newSecret()];
    ok(await sfp('integration', 'create', 'registry', '--secret-file', file('account', ofAccount)));
    ok(
      await sfp(
        'integration',
        'create',
        'registry',
        '--project',
        'app',
        '--secret-file',
        file('project', `${ofProject}\n`),
      ),
    );
    ok(await sfp('integration', 'create', 'mirror', '--secret-file', file('mirror', ofAccount)));
    const [gate, seen] = [home.path('gate'), home.path('seen')];
    stack.repository.commit('credentials', {
      'sfp.yaml': `version: 1
build:
  - name: without
    run: printf '%s' "\${PASSWORD-none}" > ${seen}.before
deploy:
  - name: with
    run: |
      printf '%s %s' "$PASSWORD" "$OTHER" | sha256sum | cut -c1-64 > ${seen}
      echo "plain $PASSWORD and $OTHER"
      echo "basic $(printf '%s' "$PASSWORD" | base64 -w0)" >&2
      while [ ! -e ${gate} ]; do sleep 0.1; done
    credentials:
      PASSWORD: registry
      OTHER: mirror
verify:
  - name: after
    run: printf '%s' "\${PASSWORD-none}" > ${seen}.after
`,
    });
    const watcher = stack.deploy();
    await waitFor(() => outputOf(watcher.events).some((line) => line.startsWith('basic')), {
      timeoutMs: 60_000,
      what: 'the output of the step',
    });
    // While it runs: in no argument of any process.
    const running = processArguments();
    expect(running).toContain('sha256sum');
    for (const secret of [ofAccount, ofProject]) expect(running).not.toContain(secret);
    // Another key and another secret do not disturb the step that has its own.
    const rotated = await home.sfp('integration', 'rotate-key', '--tenant', stack.tenant, '--json');
    expect(ok(rotated).json()).toEqual({ tenant: stack.tenant, reencrypted: 3 });
    ok(
      await sfp(
        'integration',
        'set-secret',
        'registry',
        '--project',
        'app',
        '--secret-file',
        file('next', newSecret()),
      ),
    );
    writeFileSync(gate, '');
    expect(await watcher.exit, watcher.stderr).toBe(0);

    const digest = createHash('sha256').update(`${ofProject} ${ofAccount}`).digest('hex');
    expect(readFileSync(seen, 'utf8').trim()).toBe(digest);
    for (const step of ['before', 'after']) expect(readFileSync(`${seen}.${step}`, 'utf8')).toBe('none');
    expect(outputOf(watcher.events)).toEqual(expect.arrayContaining(['plain *** and ***', 'basic ***']));

    const { task } = resultOf<{ task: { id: string } }>(watcher);
    const reads = await json<{ action: string; detail: Record<string, unknown>; actor: { email: string } }[]>(
      ...['audit', 'list', '--subject', 'integration', '--action', 'read'],
    );
    expect(reads.map(({ detail }) => [detail.name, detail.scope, detail.task_id, detail.attempt]).sort()).toEqual([
      ['mirror', 'account', task.id, 1],
      ['registry', 'project', task.id, 1],
    ]);
    expect(reads[0]?.actor.email).toContain('@');

    const forms = [ofAccount, ofProject].flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('base64').slice(0, 40),
    ]);
    const tables = await stackRows(
      home.path('base'),
      stack.tenant,
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'`,
    );
    expect(tables.length).toBeGreaterThan(30);
    for (const { name } of tables) {
      const sql = `select to_jsonb(t)::text as row from ${String(name)} t where to_jsonb(t)::text ~ any ($1) limit 1`;
      expect([name, await stackRows(home.path('base'), stack.tenant, sql, [forms])]).toEqual([name, []]);
    }
    const logs = filesBelow(home.path('base', 'tenants', stack.tenant, 'logs'));
    expect(logs.length).toBeGreaterThan(3);
    for (const path of logs) {
      const text = readFileSync(path, 'utf8');
      expect([path, forms.filter((form) => text.includes(form))]).toEqual([path, []]);
    }
  });

  it('gets the secret variables of its environment without asking, the environment’s own before the account’s', async () => {
    const [ofAccount, ofProduction] = [newSecret(), newSecret()];
    await stack.addEnvironment('production');
    await stack.addEnvironment('staging');
    ok(await sfp('integration', 'create', 'database', '--secret-file', file('database', ofAccount)));
    const place = ['--project', 'app', '--environment', 'production'];
    ok(await sfp('integration', 'create', 'database', ...place, '--secret-file', file('production', ofProduction)));
    const seen = home.path('database');
    stack.repository.commit('secret variables', {
      'sfp.yaml': `version: 1
deploy:
  - name: go
    run: printf '%s' "$DB_PASSWORD" | sha256sum | cut -c1-64 > ${seen}.$SFP_ENVIRONMENT; echo "is $DB_PASSWORD"
`,
    });
    for (const [environment, secret] of [
      ['production', ofProduction],
      ['staging', ofAccount],
    ] as const) {
      const args = ['environment', 'update', environment, '--project', 'app', '--credential', 'DB_PASSWORD=database'];
      expect(await json(...args)).toMatchObject({ credentials: { DB_PASSWORD: 'database' }, variables: {} });
      const watcher = stack.deploy(environment);
      expect(await watcher.exit, watcher.stderr).toBe(0);
      const digest = createHash('sha256').update(secret).digest('hex');
      expect(readFileSync(`${seen}.${environment}`, 'utf8').trim()).toBe(digest);
      expect(outputOf(watcher.events)).toEqual(['is ***']);
    }
    const unset = ['environment', 'update', 'staging', '--project', 'app', '--unset', 'DB_PASSWORD'];
    expect(await json(...unset)).toMatchObject({ credentials: {} });
  });

  it('does not begin when there is none, and says which command makes it', async () => {
    stack.repository.commit('missing', {
      'sfp.yaml': `version: 1
deploy:
  - name: go
    run: touch ${home.path('begun')}
    credentials: { TOKEN: not-there }
`,
    });
    const watcher = stack.deploy();
    expect(await watcher.exit).toBe(1);
    expect(resultOf<{ task: { failure: unknown } }>(watcher).task.failure).toMatchObject({
      code: 'credential_missing',
      message: expect.stringContaining('not-there'),
      suggestion: expect.stringContaining('sfp integration create not-there'),
    });
    expect(readdirSync(home.directory)).not.toContain('begun');
    ok(await sfp('integration', 'create', 'not-there', '--secret-file', file('late', newSecret())));
    const { task } = resultOf<{ task: { id: string } }>(watcher);
    ok(await sfp('task', 'retry', task.id, '--json=stream'));
    expect(readdirSync(home.directory)).toContain('begun');
  });
});
