import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryFile, writtenPages } from './pages.ts';

const pages = writtenPages();
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');
const headings = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]));

/** As GitHub makes them: lower case, without punctuation, hyphens for blanks, numbered when they come again. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of withoutCode(text).matchAll(/^#+ (.*)$/gm)) {
    const base = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${base}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

test.each(pages)('links of $path lead somewhere', ({ path, text }) => {
  const broken = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
      if (!existsSync(repositoryFile(target))) return true;
      if (anchor === undefined || statSync(repositoryFile(target)).isDirectory()) return false;
      return headings.get(target)?.has(anchor) !== true;
    });
  expect(broken).toEqual([]);
});
