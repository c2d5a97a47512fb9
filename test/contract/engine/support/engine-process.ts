import { randomBytes } from 'node:crypto';
import { signHatchetToken } from '../../../../embedded/hatchet/token.ts';
import { freePort } from '../../../support/free-port.ts';
import { type Role, startRole } from '../../../support/role.ts';

/** Where an engine is, and what its clients present. */
export interface EngineAddress {
  hostPort: string;
  apiUrl: string;
  token: string;
}

/** An engine process of ours, on ports that stay the same when it is started again. */
export class EngineProcess {
  readonly address: EngineAddress;
  readonly healthUrl: string;
  readonly #env: Record<string, string>;
  #role: Role | undefined;

  private constructor(address: EngineAddress, healthUrl: string, env: Record<string, string>) {
    this.address = address;
    this.healthUrl = healthUrl;
    this.#env = env;
  }

  static async create(databaseUrl: string): Promise<EngineProcess> {
    const [grpcPort, restPort, healthPort] = [await freePort(), await freePort(), await freePort()];
    const tenantId = '707d0855-80ab-4e1f-a156-f1c4546cbf52';
    const secret = randomBytes(32).toString('hex');
    const apiUrl = `http://127.0.0.1:${restPort}`;
    const hostPort = `127.0.0.1:${grpcPort}`;
    const token = await signHatchetToken({ secret, tenantId, serverUrl: apiUrl, grpcBroadcastAddress: hostPort });
    return new EngineProcess({ hostPort, apiUrl, token }, `http://127.0.0.1:${healthPort}`, {
      DATABASE_URL: databaseUrl,
      SERVER_GRPC_BIND_ADDRESS: '127.0.0.1',
      SERVER_GRPC_PORT: String(grpcPort),
      LITE_RUNTIME_PORT: String(restPort),
      SERVER_HEALTHCHECK_PORT: String(healthPort),
      SERVER_URL: apiUrl,
      SERVER_GRPC_BROADCAST_ADDRESS: hostPort,
      DEFAULT_TENANT_ID: tenantId,
      SFP_HATCHET_TOKEN_SECRET: secret,
      SFP_LOG_LEVEL: 'warn',
    });
  }

  async start(): Promise<void> {
    this.#role = await startRole(new URL('../../../../embedded/hatchet/main.ts', import.meta.url), this.#env, {
      ready: async () => (await fetch(`${this.healthUrl}/ready`)).ok,
    });
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#role?.kill();
  }

  async stop(): Promise<void> {
    await this.#role?.stop();
  }

  get pid(): number | undefined {
    return this.#role?.process.pid;
  }

  output(): string {
    return this.#role?.output() ?? '';
  }
}
