import { processLog } from '../../contracts/process-log.ts';
import { parseConfig } from './config.ts';
import { startRest } from './start.ts';

const parsed = parseConfig(process.env);
if ('problem' in parsed) {
  process.stderr.write(`rest: the environment is not valid\n${parsed.problem}\n`);
  process.exit(78);
}
const log = processLog({ name: 'rest', level: parsed.config.logLevel });
const rest = await startRest(parsed.config, log).catch((error: unknown) => {
  log.fatal({ err: error }, 'cannot start');
  process.exit(1);
});

let stopping = false;
const stop = (signal: NodeJS.Signals): void => {
  if (stopping) process.exit(1);
  stopping = true;
  log.info({ signal }, 'stopping');
  rest.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'stop failed');
      process.exit(1);
    },
  );
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
