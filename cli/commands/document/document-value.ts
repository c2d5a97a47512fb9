import { readFile } from 'node:fs/promises';
import { SfpError } from '../../../contracts/error.ts';
import type { Input } from '../../input/input.ts';
import { UsageError } from '../../usage-error.ts';

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : path;
    const failure = { code: 'document_file_unreadable', message: 'The file cannot be read.', detail };
    throw new SfpError({ ...failure, suggestion: `Look at it: ls -l ${path}` }, { cause });
  }
}

/** The JSON of a file, or of stdin when none is named. */
export async function documentValue(input: Input, path: string | undefined): Promise<unknown> {
  if (path === undefined && input.canAsk) {
    throw new UsageError('Which value?', 'Name a file with --file <path>, or pipe JSON in.');
  }
  const text = path === undefined ? await input.readAll() : await textOf(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SfpError(
      {
        code: 'document_not_json',
        message: `${path === undefined ? 'What came from stdin' : 'The file'} is not JSON.`,
        detail: cause instanceof Error ? cause.message : '',
        suggestion: 'A text is JSON in quotes. Nothing was changed.',
      },
      { cause },
    );
  }
}
