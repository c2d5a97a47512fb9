import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A person at a browser: what is typed into the page that opens, and what is done with it. */
export interface Person {
  email: string;
  password: string;
  does: 'log in' | 'cancel' | 'answer another login' | 'look at another path first' | 'close the page';
}

/**
 * A directory for `PATH` with an `xdg-open` that opens the link as a browser does: page, cookie, form, redirect to the
 * listener. `page()` is what stayed in the browser at the end.
 */
export function makeBrowser(directory: string, person: Person): { env: Record<string, string>; page(): string } {
  mkdirSync(directory, { recursive: true });
  const program = join(directory, 'xdg-open');
  const page = join(directory, 'page.html');
  const loginPage = fileURLToPath(new URL('./login-page.ts', import.meta.url));
  // A module: the program has no name that says so.
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  writeFileSync(
    program,
    `#!${process.execPath}
import { writeFileSync } from 'node:fs';
import { openLoginPage } from ${JSON.stringify(loginPage)};
const { email, password, does } = ${JSON.stringify(person)};
if (does === 'close the page') process.exit(0);
const page = await openLoginPage(process.argv[2]);
const { location } = await page.submit(does === 'cancel' ? { action: 'cancel' } : { email, password });
if (does === 'answer another login') location.searchParams.set('state', 'the state of another login');
const statuses = [];
if (does === 'look at another path first') {
  statuses.push((await fetch(new URL('/favicon.ico', location))).status);
  statuses.push((await fetch(location, { method: 'POST' })).status);
}
const answer = await fetch(location);
const again = await fetch(location).then(({ status }) => status, () => 'nobody listens');
writeFileSync(${JSON.stringify(page)}, [...statuses, again, JSON.stringify([...answer.headers]), await answer.text()].join('\\n'));
`,
  );
  chmodSync(program, 0o755);
  return {
    env: { PATH: `${directory}:${process.env.PATH ?? ''}`, DISPLAY: ':0', SSH_CONNECTION: '', SSH_TTY: '' },
    page: () => readFileSync(page, 'utf8'),
  };
}
