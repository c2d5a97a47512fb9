import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { BuildArtifact } from '../../../contracts/build.ts';
import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import type { Connection } from '../../context/connection.ts';
import { buildArgument, inProjectOption } from './build-argument.ts';
import { byteSize } from './byte-size.ts';

export const command = defineCommand({
  description:
    'Into a directory, with the paths that the files have in the build. Each is checked against its SHA-256 before it gets its name. --source gets the checkout itself, as a tar archive.',
  args: { ...buildArgument, path: { summary: 'Only this file; all but the source when left out', optional: true } },
  options: {
    ...inProjectOption,
    to: { type: 'string', value: 'directory', default: '.', summary: 'Where to; the current directory when left out' },
    source: { type: 'flag', summary: 'The source instead of the files' },
  },
  examples: ['sfp build download 7 -p site --to ./out', 'sfp build download 7 dist/site.tgz -p site'],
  async run(context) {
    const { args, options, output, signal } = context;
    const connection = await connect(context);
    const build = await connection.api.builds.get(args.build, options);
    const { items } = await connection.api.builds.artifacts(build.id);
    const wanted = items.filter(({ kind, path }) =>
      options.source ? kind === 'source' : kind === 'file' && (args.path === undefined || path === args.path),
    );
    if (wanted.length === 0) throw nothing(build.id, args.path);
    const files: { path: string; sizeBytes: number; digest: string }[] = [];
    for (const artifact of wanted) {
      const name = artifact.kind === 'source' ? `source-${build.number}.tar` : artifact.path;
      const path = inside(options.to, name);
      await fetchTo(connection, build.id, artifact, path, signal);
      files.push({ path, sizeBytes: artifact.sizeBytes, digest: artifact.digest });
    }
    const lines = files.map(({ path, sizeBytes }) => `${path}  ${byteSize(sizeBytes)}`);
    output.result(files, `${lines.join('\n')}\n`);
  },
});

/** A server that one does not run oneself must not choose where on this machine files go. */
function inside(directory: string, name: string): string {
  const root = resolve(directory);
  const path = resolve(root, name);
  if (path.startsWith(root + sep)) return path;
  throw new SfpError({
    code: 'path_outside',
    message: `${name} would be written outside of ${directory}.`,
    suggestion: 'Nothing was written. Ask who runs the server.',
  });
}

async function fetchTo(
  { api }: Connection,
  build: string,
  artifact: BuildArtifact,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
  const hash = createHash('sha256');
  try {
    const handle = await open(partial, 'wx', artifact.executable ? 0o755 : 0o644);
    try {
      for await (const chunk of await api.builds.download(build, artifact.path, signal)) {
        hash.update(chunk);
        await handle.writeFile(chunk);
      }
    } finally {
      await handle.close();
    }
    if (hash.digest('hex') !== artifact.digest) throw damaged(artifact);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    // fetch says so of a connection that ended before the announced length.
    throw error instanceof TypeError ? damaged(artifact, error) : error;
  }
}

const damaged = ({ path }: BuildArtifact, cause?: unknown): SfpError =>
  new SfpError(
    {
      code: 'download_damaged',
      message: `${path} did not arrive as it was stored.`,
      detail: 'The server found it damaged, or the connection broke.',
      suggestion: "Try again; if it stays so, the server's log says why: sfp server logs --service api",
    },
    { cause },
  );

const nothing = (id: string, path: string | undefined): SfpError =>
  new SfpError({
    code: 'artifact_not_found',
    message: path === undefined ? 'The build keeps no such files.' : `The build keeps no file ${path}.`,
    suggestion: `See what it keeps: sfp build get ${id}`,
  });
