// A small service for tests of the supervisor. Env: PORT (0 none), EXIT_AFTER_MS + EXIT_CODE, HEALTHY_AFTER_MS, IGNORE_TERM,
// GRANDCHILD (starts a sleeping child in its own group), SAY (a line written at start), TERM_FILE (appended on SIGTERM).
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const env = process.env;
const started = performance.now();
process.stdout.write(`${env.SAY ?? 'started'} ${process.pid}\n`);

if (env.GRANDCHILD) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  writeFileSync(env.GRANDCHILD, String(child.pid));
}
if (env.EXIT_AFTER_MS) setTimeout(() => process.exit(Number(env.EXIT_CODE ?? 0)), Number(env.EXIT_AFTER_MS));

let healthy = true;
process.on('SIGUSR2', () => {
  healthy = !healthy;
});
process.on('SIGTERM', () => {
  if (env.TERM_FILE) appendFileSync(env.TERM_FILE, `${env.SAY}\n`);
  if (!env.IGNORE_TERM) process.exit(0);
});

const port = Number(env.PORT ?? 0);
if (port > 0) {
  createServer((_request, response) => {
    const late = performance.now() - started < Number(env.HEALTHY_AFTER_MS ?? 0);
    response.statusCode = healthy && !late ? 200 : 503;
    response.end(String(process.pid));
  }).listen(port, '127.0.0.1');
} else setInterval(() => undefined, 1000);
