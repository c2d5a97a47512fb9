// `stand-in-supervisor <dir> <services.json>`: the real supervise() over services from a file, as the supervisor's main does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { endLeftovers } from '../../../embedded/supervisor/leftovers.ts';
import type { Service } from '../../../embedded/supervisor/service.ts';
import { supervise } from '../../../embedded/supervisor/supervise.ts';

const [dir = '', file = ''] = process.argv.slice(2);
await endLeftovers({ dir, runDir: join(dir, 'run') }, 1_000);
const services = (): Service[] => JSON.parse(readFileSync(file, 'utf8')) as Service[];
process.exitCode = await supervise({
  services: services(),
  reload: async () => services(),
  stack: { tenant: 'acme', baseDir: dir },
  stackDir: dir,
  runDir: join(dir, 'run'),
  logsDir: join(dir, 'logs'),
  controlSocket: join(dir, 'run', 'control.sock'),
  failureFile: join(dir, 'run', 'failure.json'),
  log: pino({ level: 'info' }),
  startTimeoutMs: 20_000,
});
process.exit();
