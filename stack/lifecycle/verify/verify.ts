import { SfpError } from '../../../contracts/error.ts';
import { serverCommand } from '../../server-command.ts';
import { realtimeVerification } from './realtime.ts';
import { schemaVerification } from './schema.ts';
import { taskVerification } from './task.ts';
import { tokenVerification } from './token.ts';
import { vaultVerification } from './vault.ts';
import type { Verification, VerifyContext } from './verification.ts';

/** The task comes last: it is the one that may have to wait. */
const verifications: readonly Verification[] = [
  schemaVerification,
  vaultVerification,
  tokenVerification,
  realtimeVerification,
  taskVerification,
];

export interface Evidence {
  name: string;
  title: string;
  evidence: string;
}

/** Makes a running stack show that it works. @throws SfpError `verify_failed` with what was seen, or `cancelled`. */
export async function verifyStack(context: VerifyContext): Promise<Evidence[]> {
  const seen: Evidence[] = [];
  for (const { name, title, run } of verifications) {
    try {
      const evidence = await run(context);
      seen.push({ name, title, evidence });
      context.report(`${title}: ${evidence}`);
    } catch (error) {
      if (error instanceof SfpError && error.code === 'cancelled') throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const { layout } = context.stack;
      throw new SfpError(
        {
          code: 'verify_failed',
          message: `${title}: ${reason}`,
          ...(seen.length === 0
            ? {}
            : { detail: `before it: ${seen.map((one) => `${one.title}: ${one.evidence}`).join('; ')}` }),
          suggestion: `Read \`${serverCommand(layout, 'logs')}\` and ${layout.logsDir}.`,
        },
        { cause: error },
      );
    }
  }
  return seen;
}
