import { z } from 'zod';

export const healthParts = ['database', 'auth', 'realtime', 'engine', 'workers'] as const;

export const partHealthSchema = z.object({
  status: z.enum(['ok', 'down']),
  latencyMs: z.number().optional(),
  detail: z.string().optional(),
});

/** GET /api/v1/health: 200 when every part is ok, else 503 with the same body. Each part is asked, not remembered. */
export const healthSchema = z.object({
  status: z.enum(['ok', 'down']),
  parts: z.record(z.enum(healthParts), partHealthSchema),
});
export type Health = z.infer<typeof healthSchema>;

/** GET /api/v1/version. */
export const versionSchema = z.object({ platform: z.string(), schema: z.number().int(), api: z.literal('v1') });

/** GET /api/v1/config: what a client needs to talk to REST and Realtime beside the API. Public. */
export const clientConfigSchema = z.object({ publishableKey: z.string(), tenant: z.string() });
