import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is cut into several: one event must fit a frame. */
const longestLine = 8_000;

/** Turns chunks of output into lines; a carriage return alone (progress bars) ends a line too. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(chunk: Buffer): string[] {
    const parts = (this.#rest + this.#decoder.write(chunk)).split(/\r\n|\n|\r(?!$)/);
    this.#rest = parts.pop() ?? '';
    const lines = parts.flatMap(cut);
    while (this.#rest.length > longestLine) {
      lines.push(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
    return lines;
  }

  end(): string[] {
    const last = (this.#rest + this.#decoder.end()).replace(/\r$/, '');
    this.#rest = '';
    return last === '' ? [] : cut(last);
  }
}

const cut = (line: string): string[] => (line.length <= longestLine ? [line] : (line.match(/.{1,8000}/gsu) ?? []));
