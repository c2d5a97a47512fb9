import { z } from 'zod';

export const releaseParams = z.object({ idOrName: z.string().min(1) });
/** `project`: id or slug. */
export const releaseBuildParams = releaseParams.extend({ project: z.string().min(1) });
