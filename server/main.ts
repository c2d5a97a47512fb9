import { serve } from '@hono/node-server';
import { ZodError } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { processLog } from '../contracts/process-log.ts';
import { createApp } from './app.ts';
import { parseEnv, type ServerEnv } from './env.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { sealingKeyFrom } from './http/sealed.ts';
import { createApplicationTokens } from './services/application-tokens.ts';
import { type ArtifactCollector, startArtifactCollector } from './services/artifact-collector.ts';
import { type CollectionMover, startCollectionMover } from './services/collection-mover.ts';
import { createDatabases } from './services/database.ts';
import { listenForDispatch } from './services/dispatch-wake.ts';
import { type Dispatcher, startDispatcher } from './services/dispatcher.ts';
import { createHatchetQueue } from './services/hatchet-queue.ts';
import { createHealthCheck } from './services/health.ts';
import { startLockSweep } from './services/lock-sweep.ts';
import { createLoginCodes } from './services/login-codes.ts';
import { type RetentionJob, startRetention } from './services/retention.ts';
import { type Scheduler, startScheduler } from './services/scheduler.ts';
import { checkSchema } from './services/schema-check.ts';
import { createSignIn } from './services/sign-in.ts';
import { createTokenMint } from './services/token-mint.ts';
import { createUserTokens } from './services/user-tokens.ts';

const stopTimeoutMs = 8_000;
// Exit codes: 78 bad environment (sysexits' EX_CONFIG), 70 a schema this program must not run on.
const exit = { configuration: 78, schema: 70 } as const;

const log = processLog({ name: 'api' });

function readEnv(): ServerEnv {
  try {
    return parseEnv(process.env);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    log.fatal({ errors: error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }, 'bad environment');
    process.exit(exit.configuration);
  }
}

const env = readEnv();
log.level = env.logLevel;
const { supabaseUrl: url, publishableKey, secretKey } = env;
const databases = createDatabases({ url, publishableKey, secretKey });
const queue = createHatchetQueue(env.engine);
const mint = await createTokenMint(env.signingKey, `${url}/auth/v1`);
const signIn = createSignIn(databases);
const stopping = new AbortController();
let dispatcher: Dispatcher | undefined;
let artifactCollector: ArtifactCollector | undefined;
let collectionMover: CollectionMover | undefined;
let scheduler: Scheduler | undefined;
let lockSweep: { stop(): Promise<void> } | undefined;
let retention: RetentionJob | undefined;

const app = createApp({
  env,
  log,
  databases,
  verifyUserToken: createUserTokens(url, env.signingKey, databases),
  applicationTokens: createApplicationTokens(databases, mint),
  signIn,
  loginLimit: createRateLimit({ tries: 10, windowMs: 60_000 }),
  loginCodes: createLoginCodes({ databases, signIn, key: sealingKeyFrom(env.signingKey.d, 'sfp login') }),
  health: createHealthCheck({ url, publishableKey, databases, queue, mint }),
  wakeDispatcher: () => dispatcher?.wake(),
  wakeScheduler: () => scheduler?.wake(),
  wakeCollectionMover: () => collectionMover?.wake(),
  sealingKey: sealingKeyFrom(env.signingKey.d, 'sfp idempotency'),
});
const server = serve({ fetch: app.fetch, hostname: env.host, port: env.port }, ({ port }) => {
  log.info({ host: env.host, port }, 'listening');
});
server.on('error', (error) => {
  log.fatal({ err: error }, 'cannot listen');
  process.exit(1);
});

let listener: { stop(): Promise<void> } | undefined;
/** Dispatcher and scheduler work only on a schema that this version knows. */
async function startDispatching(): Promise<void> {
  await checkSchema(databases, stopping.signal);
  dispatcher = startDispatcher({ db: databases.service, queue, log });
  lockSweep = startLockSweep({ db: databases.service, log });
  scheduler = startScheduler({ db: databases.service, log, onMade: () => dispatcher?.wake() });
  retention = startRetention({ db: databases.service, log, retention: env.retention });
  artifactCollector = startArtifactCollector({ db: databases.service, directory: env.artifactsDir, log });
  collectionMover = startCollectionMover({ db: databases.service, log });
  listener = await listenForDispatch({ url, publishableKey, mint, log, onWake: () => dispatcher?.wake() });
}
startDispatching().catch((error: unknown) => {
  if (stopping.signal.aborted) return;
  if (error instanceof SfpError) log.fatal({ failure: error.toFailure() }, error.message);
  else log.fatal({ err: error }, 'the dispatcher did not start');
  process.exit(exit.schema);
});

async function stop(): Promise<void> {
  stopping.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  await Promise.all([
    closed,
    retention?.stop(),
    artifactCollector?.stop(),
    scheduler?.stop(),
    collectionMover?.stop(),
    lockSweep?.stop(),
    dispatcher?.stop(),
    listener?.stop(),
  ]);
  queue.close();
}

function onSignal(signal: NodeJS.Signals): void {
  if (stopping.signal.aborted) process.exit(1);
  log.info({ signal }, 'stopping');
  setTimeout(() => {
    log.warn('not stopped in time');
    process.exit(1);
  }, stopTimeoutMs).unref();
  stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'stopping failed');
      process.exit(1);
    },
  );
}
process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);
