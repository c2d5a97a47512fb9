import type { Output, OutputMode, TextView } from './output.ts';
import { StepLines } from './step-lines.ts';
import type { Style } from './style.ts';
import { styleOf } from './style.ts';
import { fields } from './table.ts';

/** The part of a write stream that output needs; a test gives its own. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export interface OutputOptions {
  mode: OutputMode;
  quiet: boolean;
  stdout: Sink;
  stderr: Sink;
  env: NodeJS.ProcessEnv;
}

const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
const render = (view: TextView, style: Style): string => line(typeof view === 'string' ? view : view(style));

const cell = (value: unknown): string | number | null =>
  value === null || value === undefined || typeof value === 'number'
    ? (value ?? null)
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

/** A value without a view of its own. */
const plain = (data: unknown): TextView =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
    ? fields(Object.entries(data).map(([key, value]) => [key, cell(value)] as const))
    : String(cell(data) ?? '');

/** See `Output` for what goes where. */
export function createOutput({ mode, quiet, stdout, stderr, env }: OutputOptions): Output {
  // Off a terminal a table is data for other programs and is not cut to a width.
  const style: Style = { ...styleOf(stdout, env), width: stdout.isTTY ? (stdout.columns ?? 80) : 1_000 };
  const errorStyle = styleOf(stderr, env);
  const steps = new StepLines({
    write: (text) => stderr.write(text),
    style: errorStyle,
    live: stderr.isTTY === true && mode === 'text' && env.TERM !== 'dumb' && !env.CI,
  });
  const stream = (type: string, data: Record<string, unknown>): void => {
    stdout.write(`${JSON.stringify({ type, at: new Date().toISOString(), ...data })}\n`);
  };
  const message = (level: 'info' | 'hint' | 'warn', text: string): void => {
    if (quiet && level !== 'warn') return;
    if (mode === 'stream') stream('message', { level, text });
    else steps.print(line(level === 'warn' ? `${errorStyle.paint('yellow', 'warning:')} ${text}` : text));
  };

  return {
    mode,
    interactive: mode === 'text' && !quiet && stdout.isTTY === true && env.TERM !== 'dumb' && !env.CI,
    style,
    result(data, view) {
      if (mode === 'stream') return stream('result', { data });
      steps.close();
      stdout.write(mode === 'json' ? `${JSON.stringify(data, null, 2)}\n` : render(view ?? plain(data), style));
    },
    event(type, data, view) {
      if (mode === 'stream') return stream(type, data);
      if (mode === 'text' && view !== undefined) stdout.write(render(view, style));
    },
    step(name, state, detail) {
      if (mode === 'stream') return stream('step', { name, state, ...(detail === undefined ? {} : { detail }) });
      if (!quiet || state === 'failed') steps.step(name, state, detail);
    },
    info: (text) => message('info', text),
    hint: (text) => message('hint', text),
    warn: (text) => message('warn', text),
    fail(failure) {
      steps.close();
      if (mode === 'stream') stream('error', { error: failure });
      if (mode === 'json') {
        stderr.write(`${JSON.stringify({ error: failure })}\n`);
        return;
      }
      stderr.write(
        `${errorStyle.paint('red', 'error:')} ${failure.message} ${errorStyle.paint('dim', `(${failure.code})`)}\n`,
      );
      if (failure.detail !== undefined) stderr.write(line(indent(failure.detail)));
      if (failure.suggestion !== undefined)
        stderr.write(`${errorStyle.paint('cyan', '→')} ${line(failure.suggestion)}`);
    },
    close: () => steps.close(),
  };
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((row) => `  ${row}`)
    .join('\n');
