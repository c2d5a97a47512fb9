import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { BusyStack } from './support/secrets/busy-stack.ts';
import { databasesOf, searchTables } from './support/secrets/database-dump.ts';
import {
  configurationExceptions,
  fileExceptions,
  heapExceptions,
  processExceptions,
  tableExceptions,
} from './support/secrets/exceptions.ts';
import { searchFiles } from './support/secrets/file-search.ts';
import { type Finding, unexplained, unneeded } from './support/secrets/finding.ts';
import { ProcessWatch } from './support/secrets/process-watch.ts';
import { SecretBook, secretKinds } from './support/secrets/secret-book.ts';

const book = new SecretBook();
const watch = new ProcessWatch();
const stack = new BusyStack(book, watch);
const { home, layout } = stack;

describe('a busy stack', () => {
  beforeAll(() => stack.live(), 900_000);
  afterAll(async () => {
    await watch.end();
    await stack[Symbol.asyncDispose]();
  });

  it('has used secrets of every kind', () => {
    for (const kind of secretKinds) expect([kind, book.countOf(kind)]).toEqual([kind, expect.any(Number)]);
    expect(secretKinds.filter((kind) => book.countOf(kind) === 0)).toEqual([]);
    expect(book.all.length).toBeGreaterThan(50);
  });

  it('shows none to who lists the processes, nor in the environment of one that does not work with it', async () => {
    expect(watch.samples).toBeGreaterThan(100);
    const findings = watch.findings(book);
    expect(unexplained(findings, processExceptions)).toEqual([]);
    expect(unneeded(findings, processExceptions)).toEqual([]);
  });

  it('has none in any row of any table', async () => {
    const findings: Finding[] = [];
    let rows = 0;
    for (const name of await databasesOf(stack.database)) {
      const client = await stack.connect(name);
      try {
        const found = await searchTables(client, book);
        findings.push(...found.findings);
        rows += found.rows;
      } finally {
        await client.end();
      }
    }
    expect(rows).toBeGreaterThan(10_000);
    expect(unexplained(findings, tableExceptions)).toEqual([]);
    expect(unneeded(findings, tableExceptions)).toEqual([]);
  });

  it('has none in its files: logs, journal, settings, workspaces, artifacts; nor has the person’s configuration', () => {
    // The data directory is the next test's.
    const postgres = `${layout.dataDir}/postgres`;
    const { findings, files } = searchFiles(layout.dir, book, (path) => path === postgres);
    expect(files).toBeGreaterThan(15);
    expect(unexplained(findings, fileExceptions)).toEqual([]);
    expect(unneeded(findings, fileExceptions)).toEqual([]);
    const own = searchFiles(home.path('config'), book).findings;
    expect(unexplained(own, configurationExceptions)).toEqual([]);
    expect(unneeded(own, configurationExceptions)).toEqual([]);
    expect(unexplained(searchFiles(home.path('home'), book).findings, [])).toEqual([]);
  });

  it('leaves none on the disk of the database, deleted rows and the write-ahead log included', async () => {
    await stack.database.query('checkpoint');
    const filesOf = async (table: string): Promise<string[]> => {
      const { rows } = await stack.database.query(
        `select pg_relation_filepath(c) as path from (select $1::regclass as c
         union select indexrelid from pg_index where indrelid = $1::regclass
         union select reltoastrelid from pg_class where oid = $1::regclass and reltoastrelid <> 0) of_it`,
        [table],
      );
      return rows.map(({ path }) => String(path));
    };
    const exceptions = heapExceptions({
      tokens: await filesOf('auth.refresh_tokens'),
      queue: await filesOf('net.http_request_queue'),
    });
    const { findings, files } = searchFiles(`${layout.dataDir}/postgres`, book);
    expect(files).toBeGreaterThan(1_000);
    expect(unexplained(findings, exceptions)).toEqual([]);
    expect(unneeded(findings, exceptions)).toEqual([]);
  });

  it('would have been caught with one: among the processes, in a statement', async () => {
    const value = book.all.find(({ name }) => name === 'of the account')?.value ?? '';
    const program = ['-e', 'process.stdin.resume()', value];
    const leaking = spawn(process.execPath, program, { stdio: ['pipe', 'ignore', 'ignore'], env: { LEAKED: value } });
    const ended = once(leaking, 'exit');
    const client = await stack.connect();
    try {
      await client.query(`select '${value}' as leaked`);
      const shown = await waitFor(
        () => {
          const lines = unexplained(watch.findings(book), processExceptions);
          return lines.length >= 3 && lines.sort();
        },
        { timeoutMs: 30_000, what: 'the leaks' },
      );
      expect(shown).toEqual([
        expect.stringContaining(' in arguments of '),
        expect.stringContaining(' in environment of '),
        expect.stringContaining(' in statement select '),
      ]);
    } finally {
      leaking.kill();
      await Promise.all([ended, client.end()]);
    }
  });

  it('and in a row, in a deleted one, in a log, in a file that others may read', async () => {
    const credential = book.all.find(({ name }) => name === 'of the project')?.value ?? '';
    const refresh = book.all.find(({ kind }) => kind === 'refresh token')?.value ?? '';
    await stack.database.query('create table public.leak (a text, b bytea, c jsonb)');
    await stack.database.query('insert into public.leak values ($1, null, null), (null, $2, null), (null, null, $3)', [
      credential,
      Buffer.from(credential),
      JSON.stringify({ at: [`Basic ${Buffer.from(`user:${credential}`).toString('base64')}`, refresh] }),
    ]);
    const inTables = unexplained((await searchTables(stack.database, book)).findings, tableExceptions);
    expect(inTables.sort()).toEqual([
      ...['a', 'b', 'c'].map((column) => `credential: of the project in public.leak.${column}`),
      expect.stringMatching(/^refresh token: .* in public\.leak\.c$/),
    ]);
    const { rows } = await stack.database.query<{ path: string }>(`select pg_relation_filepath('public.leak') as path`);
    await stack.database.query('delete from public.leak');
    await stack.database.query('checkpoint');
    expect(book.foundIn(readFileSync(`${layout.dataDir}/postgres/${rows[0]?.path}`)).length).toBeGreaterThan(0);
    appendFileSync(`${layout.logsDir}/api.log`, `${JSON.stringify({ url: encodeURIComponent(credential) })}\n`);
    writeFileSync(`${layout.runDir}/copy.json`, readFileSync(layout.secretsFile), { mode: 0o644 });
    const { findings } = searchFiles(layout.dir, book, (path) => path === `${layout.dataDir}/postgres`);
    const places = new Set(unexplained(findings, fileExceptions).map((line) => line.split(' in ').at(-1)));
    expect([...places].sort()).toEqual(['logs/api.log (readable by others)', 'run/copy.json (readable by others)']);
  });
});
