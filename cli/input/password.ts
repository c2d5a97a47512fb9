import { readFile } from 'node:fs/promises';
import { SfpError } from '../../contracts/error.ts';
import type { Input } from './input.ts';

/** How a password comes in where nobody can be asked. Never as an option's value. */
export const passwordOptions = {
  passwordStdin: { type: 'flag', summary: 'Read the password from stdin' },
  passwordFile: { type: 'string', value: 'path', summary: 'Read the password from a file' },
} as const;

/** The password from stdin or a file when one of them was named, else what `ask` gives. */
export async function passwordOf(
  input: Input,
  { passwordStdin, passwordFile }: { passwordStdin: boolean; passwordFile: string | undefined },
  ask: () => Promise<string>,
): Promise<string> {
  if (passwordStdin) return input.readAll();
  return passwordFile === undefined ? ask() : secretFile(passwordFile, 'password');
}

/** The text of a file without the last line's end. */
export async function secretFile(path: string, what: 'password' | 'code' | 'secret'): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : path;
    const failure = { code: `${what}_file_unreadable`, message: `The ${what} file cannot be read.`, detail };
    throw new SfpError({ ...failure, suggestion: `Look at it: ls -l ${path}` }, { cause });
  }
}
