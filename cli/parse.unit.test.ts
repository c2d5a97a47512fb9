import { describe, expect, it } from 'vitest';
import { commandTable, groupSummaries } from './command-table.ts';
import { takeGlobals } from './globals.ts';
import { findEntry, parseCommandLine } from './parse.ts';
import { UsageError } from './usage-error.ts';

const parse = (line: string) => parseCommandLine(line === '' ? [] : line.split(' '), 80);
const refused = async (line: string): Promise<UsageError> => {
  const error: unknown = await parse(line).catch((thrown: unknown) => thrown);
  if (error instanceof UsageError) return error;
  throw new Error(`"${line}" was not refused`);
};

describe('the table', () => {
  it('names every command once and has words for every group', () => {
    const paths = commandTable.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const groups = new Set(paths.filter((path) => path.includes(' ')).map((path) => path.split(' ')[0]));
    expect(Object.keys(groupSummaries).sort()).toEqual([...groups].sort());
  });
  it('loads every command', { timeout: 30_000 }, async () => {
    for (const { path, load } of commandTable) {
      const { command } = await load();
      expect(command.run, path).toBeTypeOf('function');
      for (const [key, option] of Object.entries(command.options)) {
        expect(option.summary, `${path} --${key}`).not.toBe('');
        // A secret in a command line can be read by every user of the machine.
        if (option.type !== 'flag') expect(key, path).not.toMatch(/password$|token$|secret$/i);
      }
    }
  });
  it('finds a command behind options', () => {
    expect(findEntry(['--verbose', 'task', 'list', '--limit', '3'])?.path).toBe('task list');
    expect(findEntry(['task'])).toBeUndefined();
  });
  it('knows a group by its short name too: to run, in help, and when it is misspelt', async () => {
    expect(findEntry(['env', 'lock'])?.path).toBe('environment lock');
    expect(await parse('env extend dev -p site')).toMatchObject({
      values: { args: { ticket: 'dev' }, options: { project: 'site', duration: '60m' } },
    });
    for (const line of ['env', 'env --help']) {
      expect(await parse(line)).toMatchObject({ kind: 'text', text: expect.stringContaining('environment|env') });
    }
    expect((await refused('envi lock')).suggestion).toContain('env');
    expect((await refused('env lokc')).suggestion).toContain('lock');
  });
});

describe('parseCommandLine', () => {
  it('tells an option from its opposite', async () => {
    const flags = async (line: string) => {
      const parsed = await parse(line);
      if (parsed.kind !== 'run') throw new Error(`"${line}" is not to run`);
      const { browser, noBrowser } = parsed.values.options;
      return { browser, noBrowser };
    };
    expect(await flags('login')).toEqual({ browser: false, noBrowser: false });
    expect(await flags('login --browser')).toEqual({ browser: true, noBrowser: false });
    expect(await flags('login --no-browser')).toEqual({ browser: false, noBrowser: true });
  });
  it('reads arguments and options by their types', async () => {
    const parsed = await parse('environment create dev -p site --variable A=1 --variable B=2=3');
    expect(parsed).toMatchObject({
      kind: 'run',
      values: { args: { slug: 'dev' }, options: { project: 'site', category: 'dev', variable: ['A=1', 'B=2=3'] } },
    });
    expect(await parse('task list --limit 5')).toMatchObject({ values: { options: { limit: 5, status: undefined } } });
    expect(await parse('deploy -p a -e b')).toMatchObject({ values: { options: { detach: false, plain: false } } });
  });
  it('shows help for the program, a group and a command', async () => {
    for (const line of ['', '--help', '-h']) {
      expect(await parse(line)).toMatchObject({ kind: 'text', text: expect.stringContaining('quickstart') });
    }
    expect(await parse('task')).toMatchObject({ kind: 'text', text: expect.stringContaining('retry') });
    expect(await parse('task watch --help')).toMatchObject({ kind: 'text', text: expect.stringContaining('--after') });
    expect(await parse('--version')).toMatchObject({ kind: 'text', text: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
  it('refuses what it does not know and says what may be meant', async () => {
    expect((await refused('depoly')).suggestion).toMatch(/^Did you mean deploy\?/);
    expect((await refused('task wacth x')).suggestion).toMatch(/^Did you mean watch\?/);
    expect((await refused('task list --stauts queued')).suggestion).toMatch(/^Did you mean --status\?/);
    expect((await refused('task list --status sleeping')).message).toContain('queued, running');
    expect((await refused('task list --limit many')).message).toMatch(/whole number[^.]*\.$/);
    expect((await refused('task get')).message).toContain("'id'");
    expect((await refused('task get a b')).message).toMatch(/too many/i);
    expect((await refused('deploy -e dev')).message).toContain('--project');
  });
});

describe('takeGlobals', () => {
  it('takes them from anywhere and leaves the rest', () => {
    const { globals, rest } = takeGlobals(['task', '--json', 'list', '--context', 'prod', '-q', '--limit', '3'], {});
    expect(globals).toEqual({ mode: 'json', contextName: 'prod', noInput: false, quiet: true });
    expect(rest).toEqual(['task', 'list', '--limit', '3']);
  });
  it('knows the stream and what comes after --', () => {
    expect(takeGlobals(['a', '--json=stream', '--', '--json'], {})).toMatchObject({
      globals: { mode: 'stream' },
      rest: ['a', '--', '--json'],
    });
  });
  it('takes the context from the environment, and a flag over it', () => {
    expect(takeGlobals([], { SFP_CONTEXT: 'a' }).globals.contextName).toBe('a');
    expect(takeGlobals(['--context=b'], { SFP_CONTEXT: 'a' }).globals.contextName).toBe('b');
  });
  it('refuses a mode that is none and a context without a name', () => {
    expect(() => takeGlobals(['--json=yaml'], {})).toThrow(UsageError);
    expect(() => takeGlobals(['--context'], {})).toThrow(UsageError);
  });
});
