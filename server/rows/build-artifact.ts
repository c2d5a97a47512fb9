import { z } from 'zod';
import { type BuildArtifact, buildArtifactSchema } from '../../contracts/build.ts';

export const buildArtifactRowSchema = z.object({
  kind: buildArtifactSchema.shape.kind,
  path: z.string(),
  digest: z.string(),
  size_bytes: z.number(),
  executable: z.boolean(),
});
export const buildArtifactColumns = Object.keys(buildArtifactRowSchema.shape).join(',');

export const toBuildArtifact = (row: z.output<typeof buildArtifactRowSchema>): BuildArtifact => ({
  kind: row.kind,
  path: row.path,
  digest: row.digest,
  sizeBytes: row.size_bytes,
  executable: row.executable,
});
