import type { Stage } from '../../contracts/deployment.ts';

export interface LogOrigin {
  stage: Stage | null;
  step?: string;
}

export interface LogLine {
  stream: 'stdout' | 'stderr' | 'system';
  text: string;
}

/** The body of a `log` event: the lines of one step. */
export type LogData = { stage: Stage | null; step?: string; lines: LogLine[] };

const linesPerEvent = 100;
const bytesPerEvent = 32_000;

/** Collects lines until the step changes or an event is full. */
export class LogBuffer {
  #origin: LogOrigin = { stage: null };
  #lines: LogLine[] = [];
  bytes = 0;

  /** Adds a line; returns the events that became complete by it. */
  add(origin: LogOrigin, line: LogLine): LogData[] {
    const moved = origin.stage !== this.#origin.stage || origin.step !== this.#origin.step;
    const complete = moved ? this.take() : [];
    this.#origin = origin;
    this.#lines.push(line);
    this.bytes += line.text.length;
    return this.#lines.length >= linesPerEvent || this.bytes >= bytesPerEvent
      ? [...complete, ...this.take()]
      : complete;
  }

  take(): LogData[] {
    if (this.#lines.length === 0) return [];
    const data = { ...this.#origin, lines: this.#lines };
    this.#lines = [];
    this.bytes = 0;
    return [data];
  }
}
