import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

describe('documents on a stack', () => {
  const home = new Home();
  let stack: E2eStack;
  const sfp = (...args: string[]) => home.sfp(...args, '--context', stack.tenant);
  const json = async <Value>(...args: string[]): Promise<Value> => ok(await sfp(...args, '--json')).json() as Value;
  const put = (key: string, value: unknown, ...options: string[]) => {
    const path = home.path('value.json');
    writeFileSync(path, JSON.stringify(value));
    return sfp('document', 'put', 'results', key, '--file', path, ...options);
  };

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'library', 'version: 1\ndeploy:\n  - name: go\n    run: "true"\n');
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('are kept with their versions, found, and the same after their collection has moved', async () => {
    ok(await sfp('collection', 'create', 'results'));
    ok(await put('site/1', { status: 'failed', size: 12 }, '--if-absent'));
    ok(await put('site/2', { status: 'ok', size: 3 }));
    ok(await put('site/2', { status: 'ok', size: 4 }, '--if-version', '1'));
    expect((await put('site/2', {}, '--if-version', '1')).stderr).toContain('version_conflict');
    const seen = async () => ({
      failed: await json('document', 'list', 'results', '--where', 'status=failed', '--where', 'size>10', '--values'),
      before: await json('document', 'get', 'results', 'site/2', '--version', '1'),
      history: await json('document', 'history', 'results', 'site/2'),
    });
    const shared = await seen();
    expect(shared).toMatchObject({ failed: [{ key: 'site/1' }], before: { value: { size: 3 } }, history: [{}, {}] });
    const moved = await json('collection', 'promote', 'results', '--index', 'status', '--index', 'size:number');
    expect(moved).toMatchObject({ storage: 'dedicated' });
    expect(await seen()).toEqual(shared);
    ok(await sfp('document', 'delete', 'results', 'site/2', '--if-version', '2'));
    expect((await sfp('document', 'get', 'results', 'site/2')).code).toBe(1);
  });
});
