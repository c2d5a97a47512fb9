import { z } from 'zod';

/** What every expected failure of the platform carries, on the wire and in the terminal. No field may hold a secret. */
export const failureSchema = z.object({
  /** Stable and greppable, e.g. `project_file_invalid`. */
  code: z.string(),
  /** What happened, one sentence. */
  message: z.string(),
  /** The evidence: path, value, last log lines. */
  detail: z.string().optional(),
  /** The next command or action. */
  suggestion: z.string().optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/** An expected failure on its way up. Bugs stay plain errors and end in the last-resort handler. */
export class SfpError extends Error {
  readonly code: string;
  readonly detail?: string | undefined;
  readonly suggestion?: string | undefined;

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.message, options);
    this.name = 'SfpError';
    this.code = failure.code;
    this.detail = failure.detail;
    this.suggestion = failure.suggestion;
  }

  toFailure(): Failure {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.suggestion === undefined ? {} : { suggestion: this.suggestion }),
    };
  }
}

/** What a change that came too late was made to, and what there is. Fields as the resource has them. */
const conflictSchema = z.object({
  /** The version that the caller had read. */
  expectedVersion: z.number().int(),
  currentVersion: z.number().int(),
  /** The resource as it is now. */
  current: z.record(z.string(), z.unknown()),
  /** Fields that the change would have left otherwise than they are now. */
  differences: z.array(z.object({ field: z.string(), yours: z.unknown(), current: z.unknown() })),
});
export type Conflict = z.infer<typeof conflictSchema>;

/** RFC 9457 problem document: what the API answers for every 4xx and 5xx (`application/problem+json`). */
export const problemSchema = failureSchema.extend({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  requestId: z.string(),
  /** Per-field findings of a validation failure. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** Of a `version_conflict`: both versions. */
  conflict: conflictSchema.optional(),
});
export type Problem = z.infer<typeof problemSchema>;
