import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { SfpError } from '../../contracts/error.ts';
import type { Input } from './input.ts';

export interface InputOptions {
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WritableStream;
  noInput: boolean;
  signal: AbortSignal;
}

/** Questions go to stderr: stdout is for data. */
export function createInput({ stdin, stderr, noInput, signal }: InputOptions): Input {
  const canAsk = !noInput && (stdin as ReadStream).isTTY === true;

  const ask = async (question: string, option: string, echo: boolean): Promise<string> => {
    if (!canAsk) {
      throw new SfpError({
        code: 'input_required',
        message: `"${question}" needs an answer, and nobody can be asked here.`,
        suggestion: `Pass it with ${option}.`,
      });
    }
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const reader = createInterface({ input: stdin, output: echo ? stderr : silent, terminal: true });
    try {
      if (!echo) stderr.write(`${question} `);
      // readline sees Ctrl-C itself in raw mode, before the process does.
      const interrupted = new AbortController();
      reader.on('SIGINT', () => interrupted.abort());
      return await reader.question(echo ? `${question} ` : '', {
        signal: AbortSignal.any([signal, interrupted.signal]),
      });
    } finally {
      reader.close();
      if (!echo) stderr.write('\n');
    }
  };

  return {
    canAsk,
    text: (question, option) => ask(question, option, true),
    secret: (question, option) => ask(question, option, false),
    confirm: async (question, option) => /^y(es)?$/i.test((await ask(`${question} [y/N]`, option, true)).trim()),
    async readAll() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
      return Buffer.concat(chunks)
        .toString('utf8')
        .replace(/\r?\n$/, '');
    },
  };
}
