import type { Mount, ServiceContext, ServiceName } from '../service.ts';
import { hatchetGrpc, hatchetUrl } from './hatchet.ts';

/** What the Hatchet SDK reads, for the API server and the workers alike. */
export const engineClientEnvironment = ({ externalHatchet }: ServiceContext): Record<string, string> => ({
  HATCHET_CLIENT_HOST_PORT: externalHatchet?.grpc ?? hatchetGrpc,
  HATCHET_CLIENT_API_URL: externalHatchet?.url ?? hatchetUrl,
  HATCHET_CLIENT_TLS_STRATEGY: externalHatchet?.url.startsWith('https:') ? 'tls' : 'none',
  // The entry script of our image puts the token of the file into the variable that the SDK reads.
  ...(externalHatchet === null ? { HATCHET_CLIENT_TOKEN_FILE: '/run/hatchet/token' } : {}),
});

export const engineClientSecrets = ({ externalHatchet, secrets }: ServiceContext): Record<string, string> =>
  externalHatchet === null ? {} : { HATCHET_CLIENT_TOKEN: secrets.hatchetClientToken ?? '' };

export const engineTokenMounts = ({ externalHatchet }: ServiceContext): readonly Mount[] =>
  externalHatchet === null ? [{ volume: 'hatchet-token', target: '/run/hatchet', readOnly: true }] : [];

/** Left out by the renderer where the engine is elsewhere. */
export const engineNeeds: Partial<Record<ServiceName, 'service_completed_successfully'>> = {
  'hatchet-token': 'service_completed_successfully',
};
