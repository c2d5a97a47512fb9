import { expect, test } from 'vitest';
import { commandTable, groupSummaries } from '../../cli/command-table.ts';
import { globalOptions } from '../../cli/globals.ts';
import { groupOf } from '../../cli/group-aliases.ts';
import { writtenPages } from './pages.ts';

const modules = new Map(
  await Promise.all(commandTable.map(async ({ path, load }) => [path, (await load()).command] as const)),
);
const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const shared = [
  '--help',
  '--version',
  '-h',
  '-V',
  ...globalOptions.flatMap(({ flags }) => flags.match(/--?[a-z-]+/g) ?? []),
];

/** Every `sfp …` between backquotes and in blocks of shell commands. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [...text.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline].flatMap((line) => {
    const [, rest] = /(?:^ *|npx |\$\()sfp ([^#|;&<>)]*(?:<[a-z]+>[^#|;&<>)]*)*)/.exec(line) ?? [];
    return rest === undefined || rest.trim() === '' ? [] : [rest.trim()];
  });
}

function problemOf(line: string): string | undefined {
  const words = line.replace(/--context \S+ /, '').split(/\s+/);
  const [group, ...others] = words.filter((word) => !word.startsWith('-'));
  const plain = group === undefined ? [] : [groupOf(group), ...others];
  const path = [plain.slice(0, 2).join(' '), plain[0] ?? ''].find((candidate) => modules.has(candidate));
  if (path === undefined) {
    const [first = '', second = '…'] = plain;
    const isGroup = first in groupSummaries && (second === '…' || second.includes('|'));
    return plain.length === 0 || first.startsWith('<') || first === '…' || isGroup ? undefined : 'no such command';
  }
  const options = Object.entries(modules.get(path)?.options ?? {});
  const known = [...shared, ...options.flatMap(([key, { short }]) => [`--${kebab(key)}`, `-${short}`])];
  const unknown = words.find((word) => /^--?[a-z]/i.test(word) && !known.includes(word.split('=')[0] ?? ''));
  return unknown === undefined ? undefined : `no option ${unknown}`;
}

test.each(writtenPages())('commands of $path exist', ({ text }) => {
  const wrong = commandLines(text).flatMap((line) => {
    const problem = problemOf(line);
    return problem === undefined ? [] : [`sfp ${line}: ${problem}`];
  });
  expect(wrong).toEqual([]);
});
