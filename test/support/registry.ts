import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarFile } from '../../compose/image-bundle-tar.ts';

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

export interface Registry {
  /** host:port. */
  host: string;
  /** Puts a small image under a name and tag; each with another text is another image. Answers its digest. */
  push(repository: string, tag: string, text: string, architecture?: string): string;
  remove(repository: string, tag: string): void;
  /** Requests that were answered with content, e.g. `GET /v2/a/b/blobs/sha256:…`. */
  readonly served: readonly string[];
  close(): Promise<void>;
}

interface Blob {
  type: string;
  bytes: Buffer;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * A registry on loopback with the protocol of the public ones (OCI distribution specification): a token for whoever asks,
 * then manifests by tag or digest and blobs by digest. A tag can be pushed again and is then something else.
 */
export async function startRegistry(): Promise<Registry> {
  const blobs = new Map<string, Blob>();
  const tags = new Map<string, string>();
  const tokens = new Set<string>();
  const served: string[] = [];
  const keep = (type: string, bytes: Buffer): string => {
    const digest = digestOf(bytes);
    blobs.set(digest, { type, bytes });
    return digest;
  };
  const server = createServer((request, response) => answer(request, response));
  const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://registry');
    if (url.pathname === '/token') {
      const token = randomBytes(16).toString('hex');
      tokens.add(`Bearer ${token} ${url.searchParams.get('scope') ?? ''}`);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ token }));
      return;
    }
    const [, repository = '', kind, name = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    const scope = `repository:${repository}:pull`;
    const given = request.headers.authorization ?? '';
    if (!tokens.has(`${given} ${scope}`) && !(repository === '' && given !== '')) {
      const challenge = `Bearer realm="http://${host()}/token",service="registry"${repository === '' ? '' : `,scope="${scope}"`}`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    if (repository === '') return void response.writeHead(url.pathname === '/v2/' ? 200 : 404).end();
    const digest = name.startsWith('sha256:') ? name : tags.get(`${repository}:${name}`);
    const blob = digest === undefined ? undefined : blobs.get(digest);
    if (digest === undefined || blob === undefined || kind === undefined) return void response.writeHead(404).end();
    served.push(`${request.method} ${url.pathname}`);
    response.writeHead(200, {
      'content-type': blob.type,
      'content-length': blob.bytes.length,
      'docker-content-digest': digest,
    });
    response.end(request.method === 'HEAD' ? undefined : blob.bytes);
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    host: host(),
    served,
    push(repository, tag, text, architecture = process.arch === 'arm64' ? 'arm64' : 'amd64') {
      const layer = Buffer.concat([tarFile('content.txt', text), tarEnd()]);
      const config = Buffer.from(
        JSON.stringify({
          os: 'linux',
          architecture,
          config: { Cmd: ['/content.txt'] },
          rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
          history: [{ created: '2026-01-01T00:00:00Z' }],
        }),
      );
      const packed = gzipSync(layer);
      const configType = 'application/vnd.docker.container.image.v1+json';
      const layerType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
      const manifest = {
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: configType, size: config.length, digest: keep(configType, config) },
        layers: [{ mediaType: layerType, size: packed.length, digest: keep(layerType, packed) }],
      };
      const digest = keep(manifestType, Buffer.from(JSON.stringify(manifest)));
      tags.set(`${repository}:${tag}`, digest);
      return digest;
    },
    remove: (repository, tag) => void tags.delete(`${repository}:${tag}`),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
