import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { type ProjectFile, projectFileSchema } from '../../contracts/project-file.ts';

/** Reads and checks the project file of a checkout. Every finding names its line. */
export async function readProjectFile(source: string, path: string): Promise<ProjectFile> {
  const relative = normalize(path);
  if (relative.startsWith('..') || relative.startsWith('/'))
    throw invalid(path, ['the path of the project file leaves the repository']);
  const text = await readFile(join(source, relative), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new SfpError({
      code: 'project_file_missing',
      message: `The repository has no ${path} at this ref.`,
      suggestion: `Add ${path} (docs/project-file.md shows one), or set the project's config path.`,
    });
  });
  return parseProjectFile(text, path);
}

/** The same for a text. */
export function parseProjectFile(text: string, path: string): ProjectFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0)
    throw invalid(
      path,
      document.errors.map((error) => `line ${error.linePos?.[0].line ?? '?'}: ${error.message.split('\n')[0]}`),
    );
  const parsed = projectFileSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw invalid(
    path,
    parsed.error.issues.map((issue) => {
      const offset = offsetOf(document, issue);
      const line = offset === undefined ? 1 : lines.linePos(offset).line;
      return `line ${line}: ${issue.path.join('.') || 'the file'}: ${issue.message}`;
    }),
  );
}

/** Where the finding is, or the nearest place above it that exists. */
function offsetOf(document: ReturnType<typeof parseDocument>, issue: z.core.$ZodIssue): number | undefined {
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const full = key === undefined ? [...issue.path] : [...issue.path, key];
  for (let depth = full.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(full.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

const invalid = (path: string, findings: string[]): SfpError =>
  new SfpError({
    code: 'project_file_invalid',
    message: `${path} is not valid: ${findings[0]}`,
    ...(findings.length > 1 ? { detail: findings.join('\n') } : {}),
    suggestion: 'Mend the file, commit, push, and deploy again; docs/project-file.md describes every key.',
  });
