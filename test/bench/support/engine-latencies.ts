import { HatchetClient } from '@hatchet-dev/typescript-sdk/v1/index.js';
import { signHatchetToken } from '../../../embedded/hatchet/token.ts';
import type { BenchStack } from './bench-stack.ts';

const silent = async (): Promise<void> => undefined;

/** The unmodified SDK on both sides of the engine, in this process: one run after the other of a task that does nothing. */
export async function engineLatencies({ settings, secrets }: BenchStack, runs: number) {
  const host = `127.0.0.1:${settings.ports.hatchetGrpc}`;
  const serverUrl = `http://127.0.0.1:${settings.ports.hatchetRest}`;
  const token = await signHatchetToken({
    secret: secrets.hatchetTokenSecret,
    tenantId: secrets.hatchetTenantId,
    serverUrl,
    grpcBroadcastAddress: host,
  });
  const hatchet = HatchetClient.init({
    token,
    host_port: host,
    api_url: serverUrl,
    tls_config: { tls_strategy: 'none' },
    log_level: 'WARN',
    logger: () => ({ debug: silent, info: silent, green: silent, warn: silent, error: silent }),
  });
  let begun: (at: number) => void = () => undefined;
  const noop = hatchet.task({
    name: 'bench-noop',
    fn: async () => {
      begun(performance.now());
      return { done: 'yes' };
    },
  });
  const worker = await hatchet.worker('bench', { workflows: [noop], slots: 4, handleKill: false });
  const running = worker.start();
  const started: number[] = [];
  const answered: number[] = [];
  try {
    await worker.waitUntilReady(30_000);
    for (let index = 0; index < runs; index += 1) {
      const start = new Promise<number>((resolve) => {
        begun = resolve;
      });
      const sent = performance.now();
      await noop.runNoWait({});
      answered.push(performance.now() - sent);
      started.push((await start) - sent);
    }
  } finally {
    await worker.stop();
    await running;
  }
  return { started, answered };
}
