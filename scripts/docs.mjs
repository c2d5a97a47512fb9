// `npm run docs`: writes the pages of docs/ that are made from the code. test/docs/ fails when one is not current.
import { writeFileSync } from 'node:fs';
import { generatedPages } from './docs/pages.ts';

for (const { path, text } of await generatedPages()) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(path);
}
