import { dockerAddress } from './docker-address.ts';
import { publicUrl, type ServerSettings } from './server-settings.ts';

/**
 * Where this machine reaches the gateway: on loopback, past proxies, names and certificates that clients need and that may
 * not be there yet. With an engine on another machine (DOCKER_HOST, or a Docker context) its loopback is not ours: then the public URL.
 */
export function localUrl(settings: ServerSettings, env: Readonly<NodeJS.ProcessEnv> = process.env): string {
  const elsewhere = settings.runtime === 'compose' && isElsewhere(dockerAddress(env));
  const gateway = settings.roles.gateway;
  if (typeof gateway === 'object' && 'url' in gateway) return publicUrl(settings);
  return elsewhere ? publicUrl(settings) : `http://127.0.0.1:${settings.ports.gateway}`;
}

const isElsewhere = (address: string): boolean => /^(ssh|tcp|http|https):/.test(address) && !isLoopback(address);

const isLoopback = (address: string): boolean =>
  /^[a-z]+:\/\/([^@/]*@)?(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/.test(address);
