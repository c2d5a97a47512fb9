import type { RoleContext } from './role.ts';

/** What the Hatchet SDK reads, for the API server and the workers alike. */
export const engineClientEnv = ({ hatchetToken, hatchetGrpc, urls }: RoleContext): Record<string, string> => ({
  HATCHET_CLIENT_TOKEN: hatchetToken,
  HATCHET_CLIENT_HOST_PORT: hatchetGrpc,
  HATCHET_CLIENT_API_URL: urls.hatchet,
  HATCHET_CLIENT_TLS_STRATEGY: 'none',
});
