import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { issueText } from './issue-text.ts';

/** Writes a file so that a crash leaves the old content or the new one, never a part: tmp, fsync, rename, fsync of the directory. */
export function writeTextFile(path: string, content: string, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

export const writeJsonFile = (path: string, value: unknown, mode?: number): void =>
  writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`, mode);

/** Text of a file, or null when there is none. */
export function readTextFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export interface JsonFileWording {
  /** Error code when the file cannot be understood. */
  code: string;
  /** What the person can do about it. */
  suggestion: string;
  /** True when no value of the file may appear in a message. */
  secret?: boolean;
}

/** Parses a JSON file by its schema; null when it does not exist; an SfpError that names file and place when it is broken. */
export function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  wording: JsonFileWording,
): z.infer<Schema> | null {
  const text = readTextFile(path);
  if (text === null) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    // V8's message quotes the text around the fault, which in a file of secrets is a secret.
    const reason = error instanceof Error && !wording.secret ? error.message : 'a syntax error';
    throw new SfpError({
      code: wording.code,
      message: `${path} is not valid JSON.`,
      detail: reason,
      suggestion: wording.suggestion,
    });
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SfpError({
    code: wording.code,
    message: `${path} does not have the expected content.`,
    detail: parsed.error.issues.map((issue) => issueText(issue, wording.secret ? undefined : raw)).join('; '),
    suggestion: wording.suggestion,
  });
}
