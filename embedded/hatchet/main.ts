import { processLog } from '../../contracts/process-log.ts';
import { startEngine } from './engine.ts';
import { settingsSchema } from './settings.ts';

/** sysexits: the configuration is wrong, starting again will not help. */
const badConfiguration = 78;
const stopLimitMs = 5_000;

const parsed = settingsSchema.safeParse(process.env);
const log = processLog({ name: 'hatchet', level: parsed.success ? parsed.data.SFP_LOG_LEVEL : 'info' });
if (!parsed.success) {
  for (const issue of parsed.error.issues) log.fatal({ variable: issue.path.join('.') }, issue.message);
  process.exit(badConfiguration);
}

try {
  const engine = await startEngine(parsed.data, log);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // The second signal does not wait.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), stopLimitMs).unref();
    engine.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  log.fatal({ err: error }, 'the task engine could not start');
  process.exit(1);
}
