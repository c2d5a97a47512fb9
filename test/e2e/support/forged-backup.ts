import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ManifestContent, manifestSchema, sealed } from '../../../stack/backup/manifest.ts';

/** A copy of a plain backup with other content and a manifest that fits it: what no checksum can tell. */
export function forgedBackup(
  backup: string,
  copy: string,
  files: Record<string, string>,
  change: (content: ManifestContent) => ManifestContent = (content) => content,
): string {
  cpSync(backup, copy, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(copy, name), text);
  const manifestFile = join(copy, 'manifest.json');
  const { seal: _seal, ...content } = manifestSchema.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const described = content.files.map(({ name }) => {
    const bytes = readFileSync(join(copy, name));
    return { name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  writeFileSync(manifestFile, JSON.stringify(sealed(change({ ...content, files: described }), null)));
  return copy;
}
