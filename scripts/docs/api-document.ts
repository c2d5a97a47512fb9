import { pino } from 'pino';
import { z } from 'zod';
import { createApp } from '../../server/app.ts';
import { parseEnv } from '../../server/env.ts';
import type { Services } from '../../server/http/api.ts';
import { createRateLimit } from '../../server/http/rate-limit.ts';
import { createApplicationTokens } from '../../server/services/application-tokens.ts';
import { createDatabases } from '../../server/services/database.ts';
import { createLoginCodes } from '../../server/services/login-codes.ts';
import { createSignIn } from '../../server/services/sign-in.ts';

/** The parts of a JSON Schema that the API's schemas use. */
export interface JsonSchema {
  type?: string | string[] | undefined;
  format?: string | undefined;
  pattern?: string | undefined;
  enum?: (string | number | null)[] | undefined;
  const?: string | number | undefined;
  default?: unknown;
  minimum?: number | undefined;
  maximum?: number | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  properties?: Record<string, JsonSchema> | undefined;
  required?: string[] | undefined;
  additionalProperties?: JsonSchema | boolean | undefined;
  items?: JsonSchema | undefined;
  oneOf?: JsonSchema[] | undefined;
  anyOf?: JsonSchema[] | undefined;
}

const schemaSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    enum: z.array(z.union([z.string(), z.number(), z.null()])).optional(),
    const: z.union([z.string(), z.number()]).optional(),
    default: z.unknown().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schemaSchema]).optional(),
    items: schemaSchema.optional(),
    oneOf: z.array(schemaSchema).optional(),
    anyOf: z.array(schemaSchema).optional(),
  }),
);
const contentSchema = z.record(z.string(), z.object({ schema: schemaSchema }));
const operationSchema = z.object({
  tags: z.array(z.string()).min(1),
  summary: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().default(false), schema: schemaSchema }))
    .default([]),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: contentSchema.optional() })),
});
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) });

export type Operation = z.infer<typeof operationSchema>;
export type ApiDocument = z.infer<typeof documentSchema>;

/** The app that the server runs; nothing listens and nobody is called. */
export const apiApp = () => createApp(services());

/** The API's own OpenAPI document. */
export async function apiDocument(): Promise<ApiDocument> {
  const answer = await apiApp().request('/api/v1/openapi.json');
  return documentSchema.parse(await answer.json());
}

const nobody = 'http://127.0.0.1:9';

/** What the routes are registered with. They call none of it before a request comes. */
function services(): Services {
  const env = parseEnv({
    SUPABASE_URL: nobody,
    SUPABASE_PUBLISHABLE_KEY: 'none',
    SUPABASE_SECRET_KEY: 'none',
    SFP_PUBLIC_URL: nobody,
    SFP_TENANT: 'docs',
    SFP_API_PORT: '9',
    SFP_JWT_SIGNING_KEY: JSON.stringify({ kty: 'EC', crv: 'P-256', kid: 'none', x: '', y: '', d: '' }),
    SFP_DISPATCH_SECRET: 'nobody-is-dispatched',
    SFP_ARTIFACTS_DIR: '/nowhere',
    HATCHET_CLIENT_TOKEN: 'none',
    HATCHET_CLIENT_HOST_PORT: '127.0.0.1:9',
    HATCHET_CLIENT_API_URL: nobody,
  });
  const databases = createDatabases({ url: nobody, publishableKey: 'none', secretKey: 'none' });
  const notHere = (): Promise<never> => Promise.reject(new Error('the document needs no service'));
  const signIn = createSignIn(databases);
  return {
    env,
    log: pino({ level: 'silent' }),
    databases,
    verifyUserToken: notHere,
    applicationTokens: createApplicationTokens(databases, { mint: notHere }),
    signIn,
    loginLimit: createRateLimit({ tries: 1, windowMs: 1 }),
    loginCodes: createLoginCodes({ databases, signIn, key: Buffer.alloc(32) }),
    health: notHere,
    wakeDispatcher: () => undefined,
    wakeScheduler: () => undefined,
    wakeCollectionMover: () => undefined,
    sealingKey: Buffer.alloc(32),
  };
}
