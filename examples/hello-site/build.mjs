// A small static site generator: content/*.md with a front matter, one template, an index of all pages.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const template = readFileSync('templates/page.html', 'utf8');
const commit = process.env.SFP_COMMIT ?? 'local';

const escapeHtml = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const inline = (text) =>
  escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, '<a href="$2">$1</a>');

function block(text) {
  const heading = /^(#{1,3}) (.*)$/.exec(text);
  if (heading) return `<h${heading[1].length}>${inline(heading[2])}</h${heading[1].length}>`;
  if (text.startsWith('- '))
    return `<ul>${text
      .split('\n')
      .map((line) => `<li>${inline(line.slice(2))}</li>`)
      .join('')}</ul>`;
  return `<p>${inline(text.replaceAll('\n', ' '))}</p>`;
}

function parse(name) {
  const [, head, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(`content/${name}`, 'utf8')) ?? [];
  if (body === undefined) throw new Error(`content/${name} has no front matter`);
  const meta = Object.fromEntries(head.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2)));
  return { ...meta, slug: name.replace(/\.md$/, ''), html: body.trim().split(/\n\n+/).map(block).join('\n') };
}

const render = (title, main) =>
  template
    .replaceAll('{{title}}', escapeHtml(title))
    .replace('{{main}}', main)
    .replace('{{commit}}', escapeHtml(commit.slice(0, 12)));

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
const pages = readdirSync('content')
  .filter((name) => name.endsWith('.md'))
  .sort()
  .map(parse);
for (const page of pages) {
  writeFileSync(`dist/${page.slug}.html`, render(page.title, page.html));
  console.log(`${page.slug}.html  ${page.title}`);
}
const list = pages.map(
  (page) => `<li><a href="${page.slug}.html">${escapeHtml(page.title)}</a>: ${escapeHtml(page.summary)}</li>`,
);
writeFileSync('dist/index.html', render('Hello', `<h1>Hello</h1><ul>${list.join('')}</ul>`));
console.log(`index.html  ${pages.length} pages`);
