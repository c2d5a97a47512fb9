import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

export interface Page {
  /** From the root of the repository. */
  path: string;
  text: string;
}

/** What users read: the pages at the root and everything in docs/. */
export function writtenPages(): Page[] {
  const docs = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.sort()].map((path) => ({
    path,
    text: readFileSync(new URL(path, root), 'utf8'),
  }));
}

export const repositoryFile = (path: string): URL => new URL(path, root);
