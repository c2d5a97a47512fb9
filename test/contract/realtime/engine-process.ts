import { freePort } from '../../support/free-port.ts';
import { type Role, startRole } from '../../support/role.ts';
import { type TokenKeys, Tokens } from './tokens.ts';

export interface EngineProcess {
  url: URL;
  tokens: Tokens;
  role: Role;
}

const entry = new URL('../../../embedded/realtime/main.ts', import.meta.url);
const engineSecret = 'contract-suite-secret-of-at-least-32-characters';

/** Our engine as a process of its own, healthy, on the database at this address. */
export async function startEngineProcess(
  database: { host: string; port: number; password: string },
  options: { jwks?: unknown; keys?: Partial<TokenKeys>; env?: Record<string, string> } = {},
): Promise<EngineProcess> {
  const tokens = new Tokens({ secret: engineSecret, ...options.keys });
  const anon = await tokens.of('anon');
  const port = await freePort();
  const url = new URL(`http://127.0.0.1:${port}`);
  const role = await startRole(
    entry,
    {
      HOST: '127.0.0.1',
      PORT: String(port),
      DB_HOST: database.host,
      DB_PORT: String(database.port),
      DB_NAME: 'postgres',
      DB_USER: 'supabase_admin',
      DB_PASSWORD: database.password,
      API_JWT_SECRET: engineSecret,
      ...(options.jwks === undefined ? {} : { API_JWT_JWKS: JSON.stringify(options.jwks) }),
      ...options.env,
    },
    { ready: () => isHealthy(url, anon) },
  );
  return { url, tokens, role };
}

/** What the health endpoint says of the engine and its database. */
export async function isHealthy(url: URL, token: string): Promise<boolean> {
  const response = await fetch(new URL('/api/tenants/realtime-dev/health', url), {
    headers: { authorization: `Bearer ${token}` },
  });
  return JSON.stringify(await response.json()).includes('"healthy":true');
}
