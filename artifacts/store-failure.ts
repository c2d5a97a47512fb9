import { SfpError } from '../contracts/error.ts';

export const storeMissing = (directory: string, detail: string, cause?: unknown): SfpError =>
  new SfpError(
    {
      code: 'artifacts_dir_missing',
      message: `The directory of the artifact store cannot be used: ${directory}`,
      detail,
      suggestion:
        'Restart the stack, which makes it: sfp server restart. If it was on a disk of its own, mount that first.',
    },
    { cause },
  );

const again = (path: string): string =>
  `Build the commit again and deploy that (sfp build --ref <commit>), or get the store back from a backup: sfp server restore. It is the content of ${path}.`;

export const artifactMissing = (digest: string, path: string): SfpError =>
  new SfpError({
    code: 'artifact_missing',
    message: `The artifact store does not have ${path}.`,
    detail: `sha256 ${digest}`,
    suggestion: again(path),
  });

export const artifactDamaged = (digest: string, path: string, detail: string): SfpError =>
  new SfpError({
    code: 'artifact_damaged',
    message: `What the artifact store holds of ${path} is not what was stored.`,
    detail: `sha256 ${digest}: ${detail}`,
    suggestion: again(path),
  });

export const artifactChanged = (path: string): SfpError =>
  new SfpError({
    code: 'artifact_changed',
    message: `${path} changed while it was being kept.`,
    suggestion:
      'Something that a build step started still writes to it: let the step wait for its end, then build again.',
  });

const noSpaceCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** The error of a write that found no space, as one that says where; any other as it is. */
export function asStoreFull(error: unknown, directory: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !noSpaceCodes.includes(error.code)) return error;
  return new SfpError(
    {
      code: 'artifacts_full',
      message: 'The disk that holds the artifact store is full.',
      detail: `${directory}: ${error.message}`,
      suggestion: 'Free space there (`sfp build list` shows what builds keep), then try again.',
    },
    { cause: error },
  );
}
