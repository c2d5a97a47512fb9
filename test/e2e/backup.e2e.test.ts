import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stackLayout } from '../../stack/layout.ts';
import { waitFor } from '../support/wait.ts';
import { isStage, resultOf } from './support/feed.ts';
import { forgedBackup } from './support/forged-backup.ts';
import { GatedProject } from './support/gated-project.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';
import { stackRows } from './support/stack-database.ts';

const plainProject = 'version: 1\ndeploy:\n  - name: deploy\n    run: echo deployed\n';
/** One stage only: a restored deployment has lost its workspace, and can go on where no finished stage needs it. */
const gatedProject = plainProject.replace('echo deployed', 'while [ ! -e "$GATE" ]; do sleep 0.1; done');

const backupSchema = z.object({
  name: z.string(),
  path: z.string(),
  encrypted: z.boolean(),
  removed: z.array(z.string()),
});
const backupsSchema = z.array(z.object({ name: z.string(), status: z.string() }));

/** Every row that the finished deployments left. */
const finishedRows = (baseDir: string, tenant: string) =>
  Promise.all(
    [
      ['deployments', 'task_id'],
      ['tasks', 'id'],
      ['task_events', 'task_id'],
    ].map(([table, key]) =>
      stackRows(
        baseDir,
        tenant,
        `select t.* from ${table} t join deployments d on d.task_id = t.${key} where d.status = 'succeeded'
         order by to_jsonb(t)::text`,
      ),
    ),
  );

const succeeded = async (baseDir: string, tenant: string): Promise<unknown> =>
  (await stackRows(baseDir, tenant, "select count(*)::int as n from deployments where status = 'succeeded'"))[0]?.n;

/** Holds a loopback port while the work is done. */
async function whileTaken(port: number, work: () => Promise<void>): Promise<void> {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  await work().finally(() => new Promise((resolve) => squatter.close(resolve)));
}

describe('sfp server backup and restore', () => {
  it('bring a destroyed stack back in an empty place, from an encrypted backup made in the middle of a deployment', async () => {
    await using home = new Home();
    await using elsewhere = new Home();
    const baseDir = home.path('base');
    const restored = elsewhere.path('base');
    const gated = new GatedProject(home.directory);
    const stack = await E2eStack.create(home, 'acme', plainProject, gated.variables);
    const first = stack.deploy();
    expect(await first.exit, first.stderr).toBe(0);
    await stackRows(baseDir, 'acme', 'select vault.create_secret($1, $2)', ['the secret itself', 'e2e_secret']);
    stack.repository.commit('gated', { 'sfp.yaml': gatedProject });
    await stack.addEnvironment('gated', gated.variables);
    const running = stack.deploy('gated');
    await running.line('the gate', isStage('deploy', 'running'));

    writeFileSync(home.path('right'), 'an old horse battery\n', { mode: 0o600 });
    writeFileSync(home.path('wrong'), 'another passphrase\n', { mode: 0o600 });
    const right = ['--passphrase-file', home.path('right')];
    const to = ['--output', home.path('out')];
    const run = ok(await home.sfp('server', 'backup', '--tenant', 'acme', ...to, ...right, '--json'));
    const backup = backupSchema.parse(run.json());
    expect(backup.encrypted).toBe(true);
    expect(statSync(backup.path).mode & 0o777).toBe(0o700);
    const { secretsFile, serverFile } = stackLayout(baseDir, 'acme');
    const secrets = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(secretsFile, 'utf8')));
    for (const name of readdirSync(backup.path)) {
      expect(statSync(join(backup.path, name)).mode & 0o777).toBe(0o600);
      const bytes = readFileSync(join(backup.path, name), 'latin1');
      expect(Object.values(secrets).filter((one) => typeof one === 'string' && bytes.includes(one))).toEqual([]);
    }
    const before = await finishedRows(baseDir, 'acme');
    expect(before.map((rows) => rows.length > 0)).toEqual([true, true, true]);
    const { ports } = z
      .object({ ports: z.object({ rest: z.number() }) })
      .parse(JSON.parse(readFileSync(serverFile, 'utf8')));
    // Opened, so that the old stack need not wait for its drain limit; what the backup holds still waits.
    gated.open();
    expect(await running.exit, running.stderr).toBe(0);
    ok(await home.sfp('server', 'destroy', '--tenant', 'acme', '--yes'));

    const restore = ['server', 'restore', '--tenant', 'acme', '--from', backup.path];
    const refused = await elsewhere.sfp(...restore, '--passphrase-file', home.path('wrong'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('backup_passphrase_wrong') });
    expect(existsSync(stackLayout(restored, 'acme').dir)).toBe(false);
    await whileTaken(ports.rest, async () => void ok(await elsewhere.sfp(...restore, ...right)));

    expect(ok(await elsewhere.sfp('whoami')).stdout).toContain('admin@acme.local');
    expect(await finishedRows(restored, 'acme')).toEqual(before);
    const secret = "select decrypted_secret as value from vault.decrypted_secrets where name = 'e2e_secret'";
    expect(await stackRows(restored, 'acme', secret)).toEqual([{ value: 'the secret itself' }]);
    const again = elsewhere.start('deploy', '--project', 'app', '--environment', 'dev', '--json=stream');
    expect(await again.exit, again.stderr).toBe(0);
    expect(resultOf<{ outcome: string }>(again).outcome).toBe('succeeded');
    // What ran when the backup was made goes on by itself.
    await waitFor(async () => (await succeeded(restored, 'acme')) === 3, {
      timeoutMs: 90_000,
      what: 'the interrupted deployment to end',
    });
  });

  it('survive a kill at any step, refuse what was tampered with, and put back what does not work', async () => {
    await using home = new Home();
    const baseDir = home.path('base');
    const layout = stackLayout(baseDir, 'acme');
    const backups = join(layout.dir, 'backups');
    const sfp = (verb: string, ...more: string[]) => home.sfp('server', verb, '--tenant', 'acme', ...more);
    const list = async (...more: string[]) => backupsSchema.parse((await sfp('backups', '--json', ...more)).json());
    const killedAt = async (step: string, ...args: string[]): Promise<void> => {
      const command = home.start('server', ...args, '--tenant', 'acme', '--json=stream');
      await command.line(step, (line) => line.type === 'step' && line.name === step);
      command.child.kill('SIGKILL');
      await command.exit;
    };
    ok(await sfp('init'));

    await killedAt('Copy the databases and the Vault key', 'backup');
    expect(readdirSync(backups)).toEqual([expect.stringMatching(/^\.acme\..*\.partial$/)]);
    expect(await list()).toEqual([]);
    const made = [];
    for (let turn = 0; turn < 3; turn += 1)
      made.push(backupSchema.parse(ok(await sfp('backup', '--keep', '2', '--json')).json()));
    expect(made.map(({ removed }) => removed.length)).toEqual([0, 0, 1]);
    expect(readdirSync(backups).sort()).toEqual(
      made
        .slice(1)
        .map(({ name }) => name)
        .sort(),
    );
    expect((await list('--verify')).map(({ status }) => status)).toEqual(['verified', 'verified']);
    const good = made[2]?.path ?? '';
    ok(await home.sfp('project', 'create', 'later', '--repository', 'https://example.com/later.git'));
    const projects = async (): Promise<unknown[]> =>
      z
        .looseObject({ items: z.array(z.unknown()) })
        .or(z.array(z.unknown()).transform((items) => ({ items })))
        .parse(ok(await home.sfp('project', 'list', '--json')).json()).items;
    expect(await projects()).toHaveLength(1);

    const tampered = home.path('tampered');
    cpSync(good, tampered, { recursive: true });
    const bytes = readFileSync(join(tampered, 'cluster.tar.gz'));
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    writeFileSync(join(tampered, 'cluster.tar.gz'), bytes);
    const incomplete = home.path('incomplete');
    cpSync(good, incomplete, { recursive: true });
    rmSync(join(incomplete, 'vault.key'));
    const rewritten = home.path('rewritten');
    cpSync(good, rewritten, { recursive: true });
    const manifest = readFileSync(join(good, 'manifest.json'), 'utf8');
    writeFileSync(join(rewritten, 'manifest.json'), manifest.replace(/"tenant": "acme"/, '"tenant": "acne"'));
    const refusals = {
      [tampered]: 'backup_damaged',
      [incomplete]: 'backup_damaged',
      [rewritten]: 'backup_damaged',
      [home.path('nothing')]: 'backup_not_found',
      [forgedBackup(good, home.path('other'), {}, (content) => ({ ...content, tenant: 'other' }))]:
        'backup_of_another_stack',
      [forgedBackup(good, home.path('newer'), {}, (content) => ({
        ...content,
        schema: { version: 999, breaking: 0 },
      }))]: 'schema_too_new',
    };
    for (const [from, code] of Object.entries(refusals)) {
      expect(await sfp('restore', '--from', from, '--yes')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(code),
      });
    }
    expect(await sfp('restore', '--from', good)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    ok(await sfp('status'));

    const wrongKey = forgedBackup(good, home.path('wrong-key'), { 'vault.key': `${'ab'.repeat(32)}\n` });
    const failed = await sfp('restore', '--from', wrongKey, '--yes');
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('vault_key_wrong') });
    expect(failed.stderr).toContain('The stack is back as it was before the restore, and runs.');
    expect(await projects()).toHaveLength(1);
    expect(existsSync(join(layout.dir, 'restore'))).toBe(false);

    const restore = ['restore', '--from', good, '--yes'];
    await killedAt('Unpack it beside what is there', ...restore);
    expect(await projects()).toHaveLength(1);
    for (const step of ['Stop the stack', 'Start the restored stack']) {
      await killedAt(step, ...restore);
      expect(await sfp('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('restore_unfinished') });
    }
    ok(await sfp('restore', '--from', good, '--yes'));
    expect(await projects()).toHaveLength(0);
    expect(existsSync(join(layout.dir, 'restore'))).toBe(false);
    ok(await sfp('status'));
  });
});
