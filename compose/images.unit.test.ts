import { expect, it } from 'vitest';
import { platformVersion } from '../cli/platform-version.ts';
import { imageNames } from '../stack/image-names.ts';
import { imageReferences, imageRows } from './images.ts';

it('locks every image of this version', () => {
  expect(imageRows(platformVersion(), {}, {}).map(({ name }) => name)).toEqual(imageNames);
  expect(imageRows(platformVersion(), {}, {}).find(({ name }) => name === 'platform')?.image).toBe(
    `sfp/platform:${platformVersion()}`,
  );
});

it('calls nothing verified that has no digest', () => {
  expect(imageRows(platformVersion(), {}, {}).filter(({ digest, verified }) => verified && digest === null)).toEqual(
    [],
  );
});

it('lets server.json name another image', () => {
  const own = `registry.example:5000/postgres@sha256:${'1'.repeat(64)}`;
  expect(imageReferences(platformVersion(), { db: own }, {}).db).toBe(own);
  expect(imageRows(platformVersion(), { db: own }, {})[0]).toMatchObject({
    overridden: true,
    digest: `sha256:${'1'.repeat(64)}`,
  });
  expect(() => imageRows('9.9.9', {}, {})).toThrow(/No images are locked for platform version 9.9.9/);
});
