import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { env } from '../../contracts/env.ts';
import { processLog } from '../../contracts/process-log.ts';
import { makeStackDirectories } from '../../stack/layout.ts';
import { tryLock } from '../../stack/lock.ts';
import { assertPortsFree } from '../../stack/ports.ts';
import { type SuppliedSecrets, suppliedSecretsSchema } from '../../stack/secrets/schema.ts';
import { openStackWith, type Stack } from '../../stack/stack.ts';
import { readState } from '../../stack/state.ts';
import { signHatchetToken } from '../hatchet/token.ts';
import { inheritedEnv } from '../inherited-env.ts';
import { portsInUse } from '../ports-in-use.ts';
import { local } from '../roles/role.ts';
import { hatchetGrpcAddress, roleContext } from '../roles/role-context.ts';
import { stackServices } from '../services.ts';
import { endOrphans } from '../stack-end.ts';
import { makeSocketDir, supervisorPlace } from './place.ts';
import type { Service } from './service.ts';
import { failureOf, supervise, tellFailure } from './supervise.ts';

/** `main <base-dir> <tenant> <platform-version>`: the supervisor of one stack. Secrets come from its files, never from argv. */
const [baseDir, tenant, platformVersion] = z
  .tuple([z.string().min(1), z.string().min(1), z.string().min(1)])
  .parse(process.argv.slice(2, 5));
const log = processLog({
  level: process.env[env.logLevel] ?? 'info',
  base: { pid: process.pid, process: 'supervisor' },
});

/** What a provider supplied to whoever started the stack: on stdin, which is empty when there is no provider. */
let supplied: SuppliedSecrets = handedOver(readFileSync(0, 'utf8'));

function handedOver(text: string): SuppliedSecrets {
  try {
    return text === '' ? {} : suppliedSecretsSchema.parse(JSON.parse(text));
  } catch {
    throw new Error('what was handed over on stdin is no set of secrets'); // the reason would quote them
  }
}

/** Signed once for each address of the engine: a token says when it was issued, and would look like another setting. */
const tokens = new Map<string, string>();

async function hatchetToken(stack: Stack): Promise<string> {
  const { settings, secrets } = stack;
  if (secrets.hatchetClientToken !== undefined) return secrets.hatchetClientToken;
  const address = { serverUrl: local(settings.ports.hatchetRest), grpcBroadcastAddress: hatchetGrpcAddress(stack) };
  const known = tokens.get(JSON.stringify(address));
  if (known !== undefined) return known;
  const { hatchetTokenSecret: secret, hatchetTenantId: tenantId } = secrets;
  const token = await signHatchetToken({ secret, tenantId, ...address });
  tokens.set(JSON.stringify(address), token);
  return token;
}

async function run(stack: Stack): Promise<number> {
  const { layout, settings } = stack;
  const place = supervisorPlace(layout);
  const taken = tryLock(place.lockFile, 'supervisor');
  if ('holder' in taken) {
    log.info({ holder: taken.holder.pid }, 'another supervisor runs this stack');
    return 0;
  }
  try {
    makeSocketDir(place);
    const left = await endOrphans(layout);
    if (left.length > 0) log.warn({ left }, 'ended what an earlier supervisor left');
    await assertPortsFree(settings.ports, portsInUse(settings), layout.serverFile);
    const baseEnv = { ...inheritedEnv(process.env), NODE_COMPILE_CACHE: `${layout.runDir}/compile-cache` };
    const databaseKnown = readState(layout)?.lastHealthyVersion === platformVersion;
    const servicesOf = async (current: Stack): Promise<Service[]> =>
      stackServices(current, roleContext(current, await hatchetToken(current)), { baseEnv, log, databaseKnown });
    return await supervise({
      services: await servicesOf(stack),
      reload: (now) => {
        supplied = now ?? supplied;
        return servicesOf(openStackWith(baseDir, tenant, supplied));
      },
      stack: layout,
      stackDir: layout.dir,
      runDir: layout.runDir,
      logsDir: layout.logsDir,
      controlSocket: place.controlSocket,
      failureFile: place.failureFile,
      log,
    });
  } catch (error) {
    tellFailure(place.failureFile, failureOf(error, layout.dir), log);
    throw error;
  } finally {
    taken.lock.release();
  }
}

try {
  const stack = openStackWith(baseDir, tenant, supplied);
  makeStackDirectories(stack.layout);
  process.exitCode = await run(stack);
} catch (error) {
  log.fatal({ err: error }, 'supervisor');
  process.exitCode = 1;
}
// Everything it hosts has ended; a connection that a library keeps open must not keep the process.
process.exit();
