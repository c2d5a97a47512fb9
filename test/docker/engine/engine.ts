import { execa } from 'execa';
import { composePlugin } from './compose-plugin.ts';
import { Daemon } from './daemon.ts';
import { hostNetwork } from './host-network.ts';
import { daemonDir, removeLeftoverDaemons } from './leftover-daemons.ts';
import { installEngine, isInstalled } from './programs.ts';

export interface Engine {
  /** What the docker client needs in its environment to reach it. */
  env: Readonly<Record<string, string>>;
  /** Ends it when it was started for the tests. */
  close(): Promise<void>;
}

interface OwnEngine {
  host: string;
  remove(): Promise<void>;
}

/** The container engine that answers here, or one of our own. */
export async function ensureEngine(report: (line: string) => void): Promise<Engine> {
  await removeLeftoverDaemons();
  const own = (await answers()) ? null : await startOwn(report);
  try {
    const plugin = await composePlugin();
    return {
      env: {
        ...(own === null ? {} : { DOCKER_HOST: own.host }),
        ...(plugin === null ? {} : { DOCKER_CONFIG: plugin.configDir }),
      },
      close: async () => {
        plugin?.remove();
        await own?.remove();
      },
    };
  } catch (error) {
    await own?.remove();
    throw error;
  }
}

async function answers(): Promise<boolean> {
  if (!isInstalled('docker')) return false;
  const { exitCode } = await execa('docker', ['version', '--format', '{{.Server.Version}}'], { reject: false });
  return exitCode === 0;
}

async function startOwn(report: (line: string) => void): Promise<OwnEngine> {
  report('no container engine answers: one is started for this run');
  await installEngine();
  const network = await hostNetwork();
  const daemon = new Daemon(daemonDir('engine'));
  const remove = async (): Promise<void> => {
    await daemon.remove();
    await network.putBack();
  };
  try {
    await daemon.start();
    return { host: daemon.host, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
