import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generatedPages } from '../../scripts/docs/pages.ts';

for (const { path, text } of await generatedPages()) {
  test(`${path} says what the code says`, () => {
    const saved = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(saved === text, `${path} is not current. Run: npm run docs`).toBe(true);
  });
}
