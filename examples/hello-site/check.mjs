// Follows every local link of every page; a link that leads nowhere fails the stage.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
const pages = readdirSync(directory).filter((name) => name.endsWith('.html'));
if (!pages.includes('index.html')) throw new Error(`${directory} has no index.html`);
const broken = pages.flatMap((page) =>
  [...readFileSync(join(directory, page), 'utf8').matchAll(/href="([^"#:]+)"/g)]
    .map(([, target]) => target)
    .filter((target) => !existsSync(join(directory, target)))
    .map((target) => `${page} -> ${target}`),
);
if (broken.length > 0) {
  console.error(`broken links:\n${broken.join('\n')}`);
  process.exit(1);
}
console.log(`${pages.length} pages, all links lead somewhere`);
