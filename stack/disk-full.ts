import { SfpError } from '../contracts/error.ts';

const noSpaceCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** The error of a write that found no space, as one that says where and what to do; any other error as it is. */
export function asDiskFull(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !noSpaceCodes.includes(error.code)) return error;
  const at = 'path' in error && typeof error.path === 'string' ? error.path : path;
  return new SfpError(
    {
      code: 'disk_full',
      message: `There is no space left to write ${at}.`,
      detail: error.message,
      suggestion: `Free space on the file system of ${at} (\`df -h\` shows how much there is) and run the command again.`,
    },
    { cause: error },
  );
}

/** Runs something that writes below `path`. @throws SfpError `disk_full` when there is no space for it. */
export function withSpace<Result>(path: string, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    throw asDiskFull(error, path);
  }
}
