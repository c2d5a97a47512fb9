import { describe, expect, it } from 'vitest';
import { commandTable } from '../command-table.ts';
import { positionOf } from './position.ts';

/** What a line asks for at its end. */
async function at(line: string): Promise<[kind: string, options: Record<string, string>] | undefined> {
  const words = line.split(' ').slice(1);
  const before = words.slice(0, -1);
  const entry = commandTable.find(({ path }) => before.join(' ').startsWith(path));
  if (entry === undefined) throw new Error(`"${line}" calls nothing`);
  const position = positionOf(entry, (await entry.load()).command, before, words.at(-1) ?? '');
  return position === undefined ? undefined : [position.kind, Object.fromEntries(position.options)];
}

describe('at the end of a line', () => {
  it.each([
    ['sfp deploy --project ', 'project', {}],
    ['sfp deploy -p ap', 'project', {}],
    ['sfp deploy --project=ap', 'project', {}],
    ['sfp deploy -p app --environment ', 'environment', { project: 'app' }],
    ['sfp deploy --project=app -d -e ', 'environment', { project: 'app' }],
    ['sfp deploy -papp -e ', 'environment', { project: 'app' }],
    ['sfp environment get ', 'environment', {}],
    ['sfp environment get --project app d', 'environment', { project: 'app' }],
    ['sfp task watch ', 'task', {}],
    ['sfp member update ', 'member', {}],
    ['sfp member list --account ', 'account', {}],
    ['sfp integration get --project app ', 'integration', { project: 'app' }],
    ['sfp server logs --tenant ', 'tenant', {}],
    ['sfp server logs -t acme --service ', 'service', { tenant: 'acme' }],
    ['sfp context use ', 'context', {}],
    ['sfp token revoke ', 'token', {}],
  ] as const)('"%s": %s', async (line, kind, options) => {
    expect(await at(line)).toEqual([kind, options]);
  });

  it.each([
    'sfp task watch some-id ',
    'sfp deploy --ref ',
    'sfp deploy --pro',
    'sfp task list --status ',
    'sfp project create ',
    'sfp task watch --',
  ])('"%s": nothing that exists', async (line) => {
    expect(await at(line)).toBeUndefined();
  });
});
