import { type Route, routes } from './routes.ts';

export interface Match {
  route: Route;
  /** The path at the upstream, without query. */
  upstreamPath: string;
}

const unreserved = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/**
 * The path as every part of the way will read it: unreserved characters decoded, slashes merged, dot segments resolved.
 * What is matched is also what is sent, so that no spelling passes a guard and means something else behind it.
 * Undefined for a target that is no path.
 */
export function normalizePath(path: string): string | undefined {
  if (!path.startsWith('/') || path.includes('\\') || path.includes('#')) return undefined;
  const decoded = path.replace(unreserved, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  const segments: string[] = [];
  for (const segment of decoded.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const directory = /\/\.{0,2}$/.test(decoded) && segments.length > 0;
  return `/${segments.join('/')}${directory ? '/' : ''}`;
}

/** The route of a normalised path. */
export function findRoute(path: string): Match | undefined {
  for (const route of routes) {
    const rest = remainder(route.path, path);
    if (rest === undefined || (route.exact === true && rest !== '' && rest !== '/')) continue;
    return { route, upstreamPath: `${route.upstreamPath ?? route.path}${rest}` || '/' };
  }
  return undefined;
}

function remainder(base: string, path: string): string | undefined {
  if (path === base) return '';
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}
