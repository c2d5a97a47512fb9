import { describe, expect, it } from 'vitest';
import type { OutputOptions, Sink } from './create-output.ts';
import { createOutput } from './create-output.ts';
import type { Output } from './output.ts';
import { table } from './table.ts';

class Paper implements Sink {
  text = '';
  isTTY: boolean;
  columns = 40;
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

const outputTo = (
  options: Partial<OutputOptions> & { tty?: boolean },
): { output: Output; stdout: Paper; stderr: Paper } => {
  const stdout = new Paper(options.tty ?? false);
  const stderr = new Paper(options.tty ?? false);
  const { mode = 'text', quiet = false, env = {} } = options;
  return { output: createOutput({ mode, quiet, stdout, stderr, env }), stdout, stderr };
};
const failure = { code: 'broken', message: 'It broke.', detail: 'at line 1\nat line 2', suggestion: 'Mend it.' };
const events = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

const everything = (output: Output): void => {
  output.info('working');
  output.step('Copy files', 'running');
  output.step('Copy files', 'done');
  output.warn('careful');
  output.event('log', { line: 1 }, 'line 1\n');
  output.result({ id: 7 }, 'seven\n');
  output.hint('now go on');
  output.fail(failure);
  output.close();
};

describe('text off a terminal', () => {
  it('gives data to stdout, words to stderr, and no escape sequence to either', () => {
    const { output, stdout, stderr } = outputTo({});
    everything(output);
    expect(stdout.text).toBe('line 1\nseven\n');
    expect(stderr.text).toMatch(
      /^working\n✓ Copy files {2}\d\.\d s\nwarning: careful\nnow go on\nerror: It broke\. \(broken\)\n {2}at line 1\n {2}at line 2\n→ Mend it\.\n$/,
    );
    expect(output.interactive).toBe(false);
  });
  it('keeps warnings and errors when it is quiet', () => {
    const { output, stdout, stderr } = outputTo({ quiet: true });
    everything(output);
    expect(stdout.text).toBe('line 1\nseven\n');
    expect(stderr.text).toMatch(/^warning: careful\nerror: It broke\./);
  });
  it('prints an object without a view as its fields', () => {
    const { output, stdout } = outputTo({});
    output.result({ name: 'ada', nothing: null, list: [1] });
    expect(stdout.text).toBe('name  ada\nlist  [1]\n');
  });
});

describe('text on a terminal', () => {
  it('has colour unless NO_COLOR says otherwise', () => {
    const coloured = outputTo({ tty: true });
    coloured.output.fail(failure);
    expect(coloured.stderr.text).toContain('\u001b[31merror:');
    const plain = outputTo({ tty: true, env: { NO_COLOR: '1' } });
    plain.output.fail(failure);
    expect(plain.stderr.text).not.toContain('\u001b[3');
  });
  it('shows running steps on one line and takes it away before it writes anything else', () => {
    const { output, stderr } = outputTo({ tty: true, env: { NO_COLOR: '1' } });
    output.step('Start', 'running');
    output.info('hello');
    output.close();
    const clear = '\r\u001b[K';
    const [before, after, rest] = stderr.text.split(clear);
    expect(before).toMatch(/^. Start$/u);
    expect(after).toMatch(/^hello\n. Start$/u);
    expect(rest).toBe('');
  });
  it('does not move in CI', () => {
    const { output, stderr } = outputTo({ tty: true, env: { CI: 'true', NO_COLOR: '1' } });
    output.step('Start', 'running');
    expect(stderr.text).toBe('');
    expect(output.interactive).toBe(false);
  });
});

describe('json', () => {
  it('writes one document to stdout and the error as JSON to stderr', () => {
    const { output, stdout, stderr } = outputTo({ mode: 'json' });
    everything(output);
    expect(JSON.parse(stdout.text)).toEqual({ id: 7 });
    expect(JSON.parse(stderr.text.trimEnd().split('\n').at(-1) ?? '')).toEqual({ error: failure });
  });
});

describe('stream', () => {
  it('writes one object a line, each with a type and a time', () => {
    const { output, stdout, stderr } = outputTo({ mode: 'stream' });
    everything(output);
    const seen = events(stdout.text);
    expect(seen).toMatchObject([
      { type: 'message', level: 'info', text: 'working' },
      { type: 'step', name: 'Copy files', state: 'running' },
      { type: 'step', name: 'Copy files', state: 'done' },
      { type: 'message', level: 'warn' },
      { type: 'log', line: 1 },
      { type: 'result', data: { id: 7 } },
      { type: 'message', level: 'hint' },
      { type: 'error', error: failure },
    ]);
    for (const event of seen) expect(event).toHaveProperty('at');
    expect(stderr.text).toMatch(/^error: It broke\./);
  });
});

describe('table', () => {
  const columns = [
    { title: 'id', value: (row: { id: string; text: string }) => row.id },
    { title: 'text', value: (row: { id: string; text: string }) => row.text },
  ];
  it('cuts the widest column at a terminal’s width and nothing elsewhere', () => {
    const rows = [{ id: 'a', text: 'x'.repeat(60) }];
    const terminal = outputTo({ tty: true, env: { NO_COLOR: '1' } });
    terminal.output.result(rows, table(columns, rows, 'none'));
    const [, line = ''] = terminal.stdout.text.split('\n');
    expect(line).toHaveLength(40);
    expect(line.endsWith('…')).toBe(true);
    const pipe = outputTo({});
    pipe.output.result(rows, table(columns, rows, 'none'));
    expect(pipe.stdout.text).toBe(`ID  TEXT\na   ${'x'.repeat(60)}\n`);
  });
  it('says when there is nothing', () => {
    const { output, stdout } = outputTo({});
    output.result([], table(columns, [], 'Nothing yet.'));
    expect(stdout.text).toBe('Nothing yet.\n');
  });
});
