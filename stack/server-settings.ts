import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { retentionSettingsSchema } from '../contracts/retention.ts';
import { slugSchema } from '../contracts/scalar.ts';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import { authSettingsSchema } from './auth-settings.ts';
import { imageNames } from './image-names.ts';
import type { StackLayout } from './layout.ts';
import { portsSchema } from './ports.ts';
import { secretsProviderSchema } from './secrets/provider-settings.ts';
import { serverCommand } from './server-command.ts';

/** The parts of an embedded stack that another program, or a service elsewhere, may take over. */
export const roleNames = [
  'rest',
  'auth',
  'realtime',
  'hatchet',
  'gateway',
  'api',
  'worker-standard',
  'worker-long',
] as const;
export type RoleName = (typeof roleNames)[number];

/** Started and supervised like ours, with the environment that its image would get. */
const programOverrideSchema = z.strictObject({
  program: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** Added to the role's environment; wins over it. */
  env: z.record(z.string(), z.string()).default({}),
  cwd: z.string().optional(),
});

/** Runs elsewhere: nothing is started, its health is asked at the URL. */
const urlOverrideSchema = z.strictObject({
  url: z.url(),
  /** Where health is asked; the role's usual path under `url` when left out. */
  health: z.url().optional(),
  /** hatchet only: host:port of the gRPC endpoint. */
  grpc: z.string().optional(),
});

const roleSourceSchema = z.union([z.literal('builtin'), programOverrideSchema, urlOverrideSchema], {
  error: 'must be "builtin", {"program": …} or {"url": …}',
});
export type RoleSource = z.infer<typeof roleSourceSchema>;

/** A host name that a certificate can be had for. */
export const domainSchema = z.string().regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, {
  message: 'a host name such as deploy.example.com',
});

const workerPoolSchema = z.strictObject({ slots: z.number().int().min(1).max(100) });

/** server.json: what the operator decided. No secret in it. */
export const serverSettingsSchema = z.strictObject({
  version: z.literal(1),
  tenant: slugSchema,
  mode: z.enum(['dev', 'prod']),
  runtime: z.enum(['embedded', 'compose']),
  domain: domainSchema.optional(),
  /** Where browsers and the CLI reach the stack, when that is not the gateway's own port. */
  publicUrl: z.url().optional(),
  ports: portsSchema,
  pools: z
    .strictObject({
      standard: workerPoolSchema.default({ slots: 4 }),
      long: workerPoolSchema.default({ slots: 2 }),
    })
    .default({ standard: { slots: 4 }, long: { slots: 2 } }),
  /** How long a worker may go on with its tasks when the stack stops; what is left is handed back to the queue. */
  drainTimeoutMs: z.number().int().min(0).max(3_600_000).default(20_000),
  /** How long task logs, audit log and history are kept. */
  retention: retentionSettingsSchema.optional(),
  signup: z.enum(['open', 'closed']).default('closed'),
  roles: z.partialRecord(z.enum(roleNames), roleSourceSchema).default({}),
  /** compose only: another image for a service, with tag or digest. */
  images: z.partialRecord(z.enum(imageNames), z.string().regex(/^\S+$/)).optional(),
  /** Mail, sign-in providers and single sign-on of the auth service. */
  auth: authSettingsSchema.optional(),
  /** Where secrets come from; generated when left out. */
  secrets: secretsProviderSchema.optional(),
});
export type ServerSettings = z.infer<typeof serverSettingsSchema>;

/** The settings of an existing stack, or null when the stack was never initialised. */
export const readServerSettings = (layout: StackLayout): ServerSettings | null =>
  readJsonFile(layout.serverFile, serverSettingsSchema, {
    code: 'server_settings_invalid',
    suggestion: `Correct the file as docs/operating.md describes it (server.json); \`sfp doctor --tenant ${layout.tenant}\` checks it again.`,
  });

export const writeServerSettings = (layout: StackLayout, settings: ServerSettings): void =>
  writeJsonFile(layout.serverFile, settings);

/** Settings of a stack that must exist. */
export function requireServerSettings(layout: StackLayout): ServerSettings {
  const settings = readServerSettings(layout);
  if (settings !== null) return settings;
  throw new SfpError({
    code: 'stack_not_found',
    message: `There is no stack "${layout.tenant}" in ${layout.baseDir}.`,
    suggestion: `Create it with \`${serverCommand(layout, 'init')}\`, or list the stacks with \`sfp server list\`.`,
  });
}

/** Origin under which everything of the stack is reached. */
export const publicUrl = (settings: ServerSettings): string =>
  settings.publicUrl ??
  (settings.domain === undefined ? `http://127.0.0.1:${settings.ports.gateway}` : `https://${settings.domain}`);
