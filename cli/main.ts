#!/usr/bin/env node
// No static import: an old Node must get as far as the sentence below instead of a syntax error in a dependency.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `sfp needs Node.js 22.12 or newer, and this is ${process.versions.node}. Install a current one from https://nodejs.org, or run sfp with npx in a checkout, which brings its own.\n`,
  );
  process.exitCode = 1;
} else {
  // Keeps the compiled form of what is loaded: the second start takes two thirds of the time.
  (await import('node:module')).enableCompileCache();
  let code = 0;
  if (process.argv[2] === '__complete') {
    const { complete } = await import('./completion/complete.ts');
    await complete(process.argv.slice(3), process.env);
    // A server that does not answer keeps no shell waiting.
    process.exit(0);
  } else {
    const { runCli } = await import('./run.ts');
    code = await runCli(process.argv.slice(2));
  }
  process.exitCode = code;
  // A connection that somebody forgot to close must not keep the shell waiting.
  setTimeout(() => process.exit(code), 500).unref();
}

export {};
