import { z } from 'zod';
import { credentialsSchema } from './integration.ts';

const durationSchema = z
  .string()
  .regex(/^\d+(ms|s|m|h)$/, 'a duration such as 30s, 5m or 1h')
  .describe('How long it may take; then its whole process group is killed.');

const stepSchema = z.strictObject({
  name: z.string().min(1).max(80),
  /** Given to `/bin/sh -euc` in the workspace. */
  run: z.string().min(1),
  timeout: durationSchema.optional(),
  env: z.record(z.string(), z.string()).optional(),
  /** Variable → name of an integration, of the environment, the project or the account. In this step's environment only. */
  credentials: credentialsSchema.optional(),
});
export type ProjectStep = z.infer<typeof stepSchema>;

/** The stages that a project file may declare: all but `checkout`. */
export const declaredStages = ['build', 'validate', 'deploy', 'verify', 'rollback'] as const;

/** `sfp.yaml`: how a project is built, checked, deployed, verified and taken back. Unknown keys are errors. */
export const projectFileSchema = z.strictObject({
  version: z.literal(1),
  timeout: durationSchema.optional(),
  env: z.record(z.string(), z.string()).optional(),
  build: z.array(stepSchema).optional(),
  validate: z.array(stepSchema).optional(),
  deploy: z.array(stepSchema).min(1),
  verify: z.array(stepSchema).optional(),
  rollback: z.array(stepSchema).optional(),
  /** Files kept with their sha256 in the deployment's metadata, relative to the workspace. */
  artifacts: z.array(z.string()).optional(),
  /** Where a person sees the outcome; `${VARIABLE}` of the step environment is filled in. */
  result: z.string().optional(),
});
export type ProjectFile = z.infer<typeof projectFileSchema>;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration that passed the schema. */
export function durationMs(duration: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(duration);
  if (match === null) throw new Error(`not a duration: ${duration}`);
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}
