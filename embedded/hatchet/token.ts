import { randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';

export interface TokenSubject {
  secret: string;
  tenantId: string;
  /** Where clients find the REST API, e.g. `http://127.0.0.1:8888`. */
  serverUrl: string;
  /** Where clients find gRPC, `host:port`. */
  grpcBroadcastAddress: string;
}

const lifetime = '10y';

/** A client token with the claims that the SDK reads: tenant, API URL, gRPC address. */
export function signHatchetToken({ secret, tenantId, serverUrl, grpcBroadcastAddress }: TokenSubject): Promise<string> {
  return new SignJWT({
    token_id: randomUUID(),
    server_url: serverUrl,
    grpc_broadcast_address: grpcBroadcastAddress,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(tenantId)
    .setIssuer(serverUrl)
    .setAudience(serverUrl)
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(new TextEncoder().encode(secret));
}

export type TokenCheck = (token: string) => Promise<boolean>;

/** Checks signature, expiry and tenant. Good tokens are remembered: clients send theirs with every call. */
export function tokenCheck(secret: string, tenantId: string): TokenCheck {
  const key = new TextEncoder().encode(secret);
  const good = new Map<string, number>();
  return async (token) => {
    const goodUntil = good.get(token);
    if (goodUntil !== undefined && goodUntil > Date.now()) return true;
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], subject: tenantId });
      if (good.size > 100) good.clear();
      good.set(token, Math.min((payload.exp ?? 0) * 1000, Date.now() + 60_000));
      return true;
    } catch {
      return false;
    }
  };
}
