import { SfpError } from '../../contracts/error.ts';
import { type ImageReference, parseImageReference } from './image-reference.ts';

/** A registry that is up answers within a second or two; a name that leads nowhere would hang for minutes. */
const answerMs = 15_000;
/** The index of all architectures where there is one, so that one digest is right on every machine. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * What a registry says that name and tag are (OCI distribution specification, HEAD of a manifest), asked without
 * credentials. @throws SfpError `registry_refused` or `registry_unreachable`.
 */
export async function registryDigest(image: string, signal: AbortSignal): Promise<string> {
  const reference = parseImageReference(image);
  const url = `${origin(reference)}/v2/${reference.repository}/manifests/${reference.tag}`;
  let answer = await ask(image, url, { method: 'HEAD', headers: { accept: manifestTypes } }, signal);
  if (answer.status === 401) {
    const authorization = await anonymousToken(image, answer.headers.get('www-authenticate') ?? '', signal);
    answer = await ask(image, url, { method: 'HEAD', headers: { accept: manifestTypes, authorization } }, signal);
  }
  const digest = answer.headers.get('docker-content-digest') ?? '';
  if (answer.ok && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw refused(image, `${url} answered ${answer.status}${answer.ok ? ' without a digest' : ''}`);
}

const origin = ({ registry }: ImageReference): string =>
  `${/^(localhost|127\.[\d.]+)(:|$)/.test(registry) ? 'http' : 'https'}://${registry}`;

/** `Bearer realm="…",service="…",scope="…"`: anyone may have a token to pull what is public. */
async function anonymousToken(image: string, challenge: string, signal: AbortSignal): Promise<string> {
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const { realm, service, scope } = fields;
  if (!/^bearer /i.test(challenge) || realm === undefined) throw refused(image, 'it asks for credentials');
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== undefined) url.searchParams.set('scope', scope);
  const answer = await ask(image, url.href, {}, signal);
  const body: unknown = answer.ok ? await answer.json() : null;
  const token = tokenOf(body);
  if (token === null) throw refused(image, `${url.origin} gave no token (${answer.status})`);
  return `Bearer ${token}`;
}

function tokenOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  if ('token' in body && typeof body.token === 'string') return body.token;
  return 'access_token' in body && typeof body.access_token === 'string' ? body.access_token : null;
}

async function ask(image: string, url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
  } catch (cause) {
    throw new SfpError(
      {
        code: 'registry_unreachable',
        message: `The registry of ${image} could not be asked.`,
        detail: cause instanceof Error ? `${url}: ${causeOf(cause)}` : url,
        suggestion: 'Check the network and proxy, or name the image with its digest under "images" in server.json.',
      },
      { cause },
    );
  }
}

const causeOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message);

const refused = (image: string, detail: string): SfpError =>
  new SfpError({
    code: 'registry_refused',
    message: `The registry did not tell the digest of ${image}.`,
    detail,
    suggestion: 'Check name and tag; an image that is not public has to be named with its digest in server.json.',
  });
