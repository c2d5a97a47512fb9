import { startTestPostgres, type TestPostgres } from '../../../support/postgres.ts';
import { type EngineAddress, EngineProcess } from './engine-process.ts';

/** The engine under test: ours on a database of its own, or the one that the environment names. */
export interface Target {
  address: EngineAddress;
  /** Only ours can be killed and started again. */
  engine: EngineProcess | undefined;
  stop(): Promise<void>;
}

export async function startTarget(): Promise<Target> {
  const { SFP_CONTRACT_ENGINE_HOST_PORT: hostPort, SFP_CONTRACT_ENGINE_API_URL: apiUrl } = process.env;
  const token = process.env.SFP_CONTRACT_ENGINE_TOKEN;
  if (hostPort !== undefined && apiUrl !== undefined && token !== undefined)
    return { address: { hostPort, apiUrl, token }, engine: undefined, stop: async () => {} };
  const postgres: TestPostgres = await startTestPostgres();
  const engine = await EngineProcess.create(postgres.url('hatchet', 'hatchet'));
  const stop = async (): Promise<void> => {
    await engine.stop();
    await postgres.stop();
  };
  try {
    await engine.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: engine.address, engine, stop };
}
