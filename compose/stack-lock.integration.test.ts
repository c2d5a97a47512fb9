import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { platformVersion } from '../cli/platform-version.ts';
import { type ImageName, imageNames } from '../stack/image-names.ts';
import { makeStackDirectories, stackLayout } from '../stack/layout.ts';
import { imageReferences } from './images.ts';
import { lockStackImages, stackDigests } from './stack-lock.ts';

const digest = `sha256:${'7'.repeat(64)}`;
let registry: Server;
let base: string;
/** Repositories that the registry has; everything else is 404. */
let known: Set<string>;

const host = (): string => `127.0.0.1:${(registry.address() as AddressInfo).port}`;
/** Every image from the registry of this test. */
const overrides = (more: Partial<Record<ImageName, string>> = {}): Record<ImageName, string> => ({
  ...(Object.fromEntries(imageNames.map((name) => [name, `${host()}/sfp/${name}:1.0`])) as Record<ImageName, string>),
  ...more,
});
const lock = (images: Partial<Record<ImageName, string>>) =>
  lockStackImages({
    layout: stackLayout(base, 'acme'),
    platformVersion: platformVersion(),
    overrides: images,
    signal: new AbortController().signal,
    report: () => undefined,
  });

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'sfp-lock-'));
  makeStackDirectories(stackLayout(base, 'acme'));
  known = new Set(imageNames);
  // As the public ones do it: a token first, for anyone who asks, then HEAD of the manifest.
  registry = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    if (url.pathname === '/token') {
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ token: 'pull' }));
    }
    if (request.headers.authorization !== 'Bearer pull') {
      const challenge = `Bearer realm="http://${host()}/token",service="registry",scope="repository:x:pull"`;
      return void response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    const name = /^\/v2\/sfp\/([a-z-]+)\/manifests\/1\.0$/.exec(url.pathname)?.[1] ?? '';
    if (request.method !== 'HEAD' || !known.has(name)) return void response.writeHead(404).end();
    response.writeHead(200, { 'docker-content-digest': digest }).end();
  });
  await new Promise<void>((resolve) => void registry.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
  rmSync(base, { recursive: true, force: true });
});

it('asks the registry for every image, and what is rendered afterwards is pinned by digest', async () => {
  const rows = await lock(overrides());
  expect(rows.filter(({ verified }) => !verified)).toEqual([]);
  const references = imageReferences(platformVersion(), overrides(), stackDigests(stackLayout(base, 'acme')));
  for (const name of imageNames) expect(references[name]).toBe(`${host()}/sfp/${name}:1.0@${digest}`);
});

it('does not ask for what the operator pinned', async () => {
  known.delete('db');
  const own = `${host()}/sfp/db:1.0@sha256:${'1'.repeat(64)}`;
  const rows = await lock(overrides({ db: own }));
  expect(rows.find(({ name }) => name === 'db')).toMatchObject({ reference: own, verified: false });
});

it('changes nothing when one image is not there, or the registry is not', async () => {
  known.delete('rest');
  await expect(lock(overrides())).rejects.toMatchObject({ code: 'registry_refused' });
  await expect(lock(overrides({ db: '127.0.0.1:1/sfp/db:1.0' }))).rejects.toMatchObject({
    code: 'registry_unreachable',
  });
  expect(existsSync(join(stackLayout(base, 'acme').dir, 'images.lock.json'))).toBe(false);
});
