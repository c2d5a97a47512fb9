// `hatchet-admin token create`: prints the token and nothing else.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { signHatchetToken } from '../../../../embedded/hatchet/token.ts';
import { officialEnvironment } from '../refuse.ts';
import { checkDatabase } from './database.ts';
import { readKeys } from './keys.ts';

const schema = z.object({
  DATABASE_URL: z.string().min(1),
  SERVER_URL: z.url(),
  SERVER_GRPC_BROADCAST_ADDRESS: z.string().min(1),
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string' },
    'tenant-id': { type: 'string' },
    name: { type: 'string' },
    expiresIn: { type: 'string', short: 'e' },
  },
});
const tenantId = z.guid().parse(values['tenant-id']);
const configDir = z.string().min(1).parse(values.config);
z.string()
  .regex(/^\d+h$/)
  .parse(values.expiresIn);
if (positionals.join(' ') !== 'token create') throw new Error(`unknown command "${positionals.join(' ')}"`);

const env = officialEnvironment('hatchet-admin', schema);
await checkDatabase(env.DATABASE_URL);
const token = await signHatchetToken({
  secret: readKeys(configDir),
  tenantId,
  serverUrl: env.SERVER_URL,
  grpcBroadcastAddress: env.SERVER_GRPC_BROADCAST_ADDRESS,
});
process.stdout.write(`${token}\n`);
