import { formatDuration } from './duration.ts';
import type { StepState } from './output.ts';
import type { Style, Tone } from './style.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const marks: Record<Exclude<StepState, 'running'>, readonly [string, Tone]> = {
  done: ['✓', 'green'],
  skipped: ['–', 'dim'],
  failed: ['✗', 'red'],
};

/**
 * The live list of steps on stderr: a finished step is a line for good, the running ones share one line that moves on
 * a terminal. Off a terminal nothing moves: a line when a step ends.
 */
export class StepLines {
  readonly #write: (text: string) => void;
  readonly #style: Style;
  readonly #live: boolean;
  readonly #running = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #drawn = false;

  constructor(options: { write: (text: string) => void; style: Style; live: boolean }) {
    this.#write = options.write;
    this.#style = options.style;
    this.#live = options.live;
  }

  /** Milliseconds since `running` when the step ended, else undefined. */
  step(name: string, state: StepState, detail?: string): number | undefined {
    if (state === 'running') {
      if (!this.#running.has(name)) this.#running.set(name, performance.now());
      this.#draw();
      return undefined;
    }
    const since = this.#running.get(name);
    const durationMs = since === undefined ? undefined : performance.now() - since;
    this.#running.delete(name);
    const [mark, tone] = marks[state];
    const timing = durationMs === undefined ? '' : this.#style.paint('dim', `  ${formatDuration(durationMs)}`);
    this.print(`${this.#style.paint(tone, mark)} ${name}${timing}${detail === undefined ? '' : `  ${detail}`}\n`);
    return durationMs;
  }

  /** Prints above the moving line. */
  print(text: string): void {
    this.#clear();
    this.#write(text);
    if (this.#running.size > 0) this.#draw();
  }

  close(): void {
    this.#clear();
    this.#running.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    if (!this.#live) return;
    this.#timer ??= setInterval(() => this.#draw(), 100).unref();
    if (this.#running.size === 0) return;
    this.#clear();
    this.#frame = (this.#frame + 1) % frames.length;
    const names = [...this.#running.keys()].join(', ').slice(0, Math.max(8, this.#style.width - 4));
    this.#write(`${this.#style.paint('cyan', frames[this.#frame] ?? '')} ${names}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (!this.#drawn) return;
    this.#write('\r\u001b[K');
    this.#drawn = false;
  }
}
