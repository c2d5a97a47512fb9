import { statfsSync } from 'node:fs';
import { type StackGrowth, stackGrowthSchema } from '../../contracts/growth.ts';
import { localUrl } from '../local-url.ts';
import type { Stack } from '../stack.ts';

const askMs = 5_000;

export interface SizeOfStack extends StackGrowth {
  /** Where the stack's directory lies. */
  freeBytes: number;
}

/** How large the running stack is; null when it does not answer, or is from before it could tell. */
export async function askGrowth({ settings, secrets, layout }: Stack): Promise<SizeOfStack | null> {
  try {
    const answer = await fetch(`${localUrl(settings)}/rest/v1/rpc/stack_growth`, {
      method: 'POST',
      headers: {
        apikey: secrets.secretKey,
        authorization: `Bearer ${secrets.secretKey}`,
        'content-type': 'application/json',
      },
      body: '{}',
      signal: AbortSignal.timeout(askMs),
    });
    const growth = stackGrowthSchema.safeParse(await answer.json()).data;
    if (growth === undefined) return null;
    const { bavail, bsize } = statfsSync(layout.dir);
    return { ...growth, freeBytes: bavail * bsize };
  } catch {
    return null; // not reached: the status of the services says why
  }
}
