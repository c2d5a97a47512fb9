import { StringDecoder } from 'node:string_decoder';
import { Masker } from './mask.ts';

/** A line longer than this is cut into several: one event must fit a frame. */
const longestLine = 8_000;

/**
 * Turns chunks of output into lines; a carriage return alone (progress bars) ends a line too. Masks before it cuts: of a
 * secret that lies across a cut neither half would be known.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #masker: Masker;
  #rest = '';

  constructor(masker: Masker = new Masker([])) {
    this.#masker = masker;
  }

  push(chunk: Buffer): string[] {
    const parts = (this.#rest + this.#decoder.write(chunk)).split(/\r\n|\n|\r(?!$)/);
    this.#rest = parts.pop() ?? '';
    return [...parts.flatMap((line) => this.#cut(line)), ...this.#takeFront()];
  }

  end(): string[] {
    const last = (this.#rest + this.#decoder.end()).replace(/\r$/, '');
    this.#rest = '';
    return last === '' ? [] : this.#cut(last);
  }

  /** The front of a line that is too long already; behind stays what may be the beginning of a secret. */
  #takeFront(): string[] {
    const free = this.#rest.length - this.#masker.longest;
    if (free <= longestLine) return [];
    const at = free - (free % longestLine);
    const found = this.#masker.boundary(this.#rest, at);
    // A secret from the first character on: its end comes. Nothing but secrets that overlap is cut all the same.
    const endless = at > 2 * (this.#masker.longest + longestLine);
    if (found === 0 && !endless) return [];
    const boundary = found === 0 ? at : found;
    const front = this.#rest.slice(0, boundary);
    this.#rest = this.#rest.slice(boundary);
    return this.#cut(front);
  }

  #cut(line: string): string[] {
    const text = this.#masker.hide(line);
    const pieces = text.length <= longestLine ? [text] : (text.match(/.{1,8000}/gsu) ?? []);
    return pieces.map((piece) => this.#masker.apply(piece));
  }
}
