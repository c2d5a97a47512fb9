import { createHash } from 'node:crypto';
import type { Verification } from './verification.ts';

/** The Vault opens its canary, and it is the one of the backup: so it opens every other secret. */
export const vaultVerification: Verification = {
  name: 'vault',
  title: 'Vault',
  async run({ runtime, stack, canarySha256 }) {
    const canary = await runtime.vaultCanary(stack);
    if (canary === null) throw new Error('the Vault has no canary');
    if (canarySha256 !== null && createHash('sha256').update(canary).digest('hex') !== canarySha256)
      throw new Error("the canary is not the backup's");
    return canarySha256 === null ? 'the canary opens' : "the canary opens and is the backup's";
  },
};
