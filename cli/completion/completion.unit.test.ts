import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandTable, groupSummaries } from '../command-table.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { completionEntries } from './words.ts';
import { zshCompletion } from './zsh.ts';

const entries = await completionEntries({ entries: commandTable, groupSummaries });
const script = bashCompletion(entries);

/** What bash offers for the last word. */
const complete = (...words: string[]): string[] => {
  const run = `${script}\nCOMP_LINE="$*" COMP_POINT=\${#COMP_LINE}; _sfp; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', run, 'bash', ...words], { encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '');
};

describe('bash', () => {
  it('offers commands, verbs, options and choices', () => {
    expect(complete('sfp', 'dep')).toEqual(['deploy', 'deployment']);
    expect(complete('sfp', 'task', '')).toEqual(['list', 'get', 'watch', 'logs', 'cancel', 'retry']);
    expect(complete('sfp', 'deploy', '--pro')).toEqual(['--project']);
    expect(complete('sfp', 'env')).toEqual(['environment', 'env']);
    expect(complete('sfp', 'env', 'lock')).toEqual(['lock', 'locks']);
    expect(complete('sfp', 'env', 'extend', 'dev', '--du')).toEqual(['--duration']);
    expect(complete('sfp', 'task', 'list', '--status', 'q')).toEqual(['queued']);
    expect(complete('sfp', 'task', 'watch', 'some-id', '--pl')).toEqual(['--plain']);
  });
  it('reads options in every spelling, and past the ones of every command', () => {
    expect(complete('sfp', 'task', 'list', '--status=q')).toEqual(['queued']);
    expect(complete('sfp', '--context', 'acme', 'task', 'wat')).toEqual(['watch']);
    expect(complete('sfp', 'server', 'logs', '-t', 'acme', '--fo')).toEqual(['--follow']);
    expect(complete('sfp', 'dep')).toEqual(['deploy', 'deployment']);
  });
  it('leaves an option’s free value to the shell', () => {
    expect(complete('sfp', 'deploy', '--project', '')).toEqual([]);
  });
});

describe('zsh and fish', () => {
  it('know every command and option', () => {
    const zsh = zshCompletion(entries, groupSummaries);
    const fish = fishCompletion(entries, groupSummaries);
    for (const { path } of commandTable) {
      expect(zsh).toContain(`'${path}') _arguments`);
      expect(fish).toContain(`-a ${path.split(' ').at(-1)} `);
    }
    expect(fish).toContain('-l status -x -a ');
    expect(zsh).toContain("'--status=[");
  });
});
