// Publishes a directory as a version of its own and switches `current` to it in one step; keeps the version before for a
// rollback. Publishing the same commit twice changes nothing.
import { cpSync, existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

function point(site, name, version) {
  const fresh = join(site, `${name}.new`);
  rmSync(fresh, { force: true });
  symlinkSync(version, fresh);
  renameSync(fresh, join(site, name));
}

function publish(source, site) {
  const version = join('versions', process.env.SFP_COMMIT ?? 'local');
  mkdirSync(join(site, 'versions'), { recursive: true });
  const partial = join(site, `${version}.partial`);
  rmSync(partial, { recursive: true, force: true });
  cpSync(source, partial, { recursive: true });
  rmSync(join(site, version), { recursive: true, force: true });
  renameSync(partial, join(site, version));
  const current = join(site, 'current');
  const before = existsSync(current) ? readlinkSync(current) : undefined;
  if (before !== undefined && before !== version) point(site, 'previous', before);
  point(site, 'current', version);
  console.log(`current is ${version}`);
}

function restore(site) {
  const previous = join(site, 'previous');
  const current = join(site, 'current');
  // The failed version may never have been switched to: then what is shown is already the version before.
  if (existsSync(current) && readlinkSync(current) !== join('versions', process.env.SFP_COMMIT ?? 'local'))
    return console.log('the failed version was never current');
  if (!existsSync(previous)) return console.log('no earlier version to go back to');
  point(site, 'current', readlinkSync(previous));
  console.log(`current is ${readlinkSync(previous)} again`);
}

const [first, second] = process.argv.slice(2);
if (second === undefined) throw new Error('usage: publish.mjs <directory> <site> | --restore <site>');
if (first === '--restore') restore(second);
else publish(first, second);
