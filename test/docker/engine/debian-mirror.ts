import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const aptDir = '/etc/apt';

/** The archive that this machine's own packages come from, read from its apt configuration. */
export function debianMirror(): string {
  const parts = join(aptDir, 'sources.list.d');
  const files = [join(aptDir, 'sources.list'), ...readdirSync(parts).map((name) => join(parts, name))];
  for (const file of files) {
    const text = readIfThere(file);
    for (const line of text.split('\n')) {
      const uri = /^URIs:\s*(\S+)/.exec(line)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s*)?(\S+)/.exec(line)?.[1];
      if (uri !== undefined && /\/debian\/?$/.test(uri)) return uri.replace(/\/$/, '');
    }
  }
  throw new Error(`no Debian archive is named in ${aptDir}`);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
