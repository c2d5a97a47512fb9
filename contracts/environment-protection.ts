import { z } from 'zod';
import { accountRoleSchema } from './account.ts';
import { uuidSchema } from './scalar.ts';

/** Everybody with at least the role, and these users. `{}` is nobody. */
export const partySchema = z.strictObject({
  role: accountRoleSchema.optional(),
  /** Ids of members. */
  users: z
    .array(uuidSchema)
    .max(50)
    .refine((users) => new Set(users).size === users.length, 'each user once')
    .optional(),
});
export type Party = z.infer<typeof partySchema>;

/** A branch as a person writes it: `*` stands for anything but a slash, `**` for anything. */
export const branchPatternSchema = z
  .string()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no ref has any
  .regex(/^[^\s\u0000-\u001f\u007f]{1,250}$/, 'a branch, or a pattern such as release/*');

/** Seconds that a deployment may wait for its approvals. */
const approvalTimeoutSchema = z.number().int().min(60).max(2_592_000);

/** What an environment asks of a deployment. The database enforces it, and checks the same of what is written. */
export const protectionSchema = z
  .strictObject({
    /** So many members say yes before it runs. Never its requester, never an application token. */
    requiredApprovals: z.number().int().min(0).max(10).optional(),
    /** Without: the project's setting, else the account's, else a day. */
    approvalTimeoutSeconds: approvalTimeoutSchema.optional(),
    /** Whose approval counts; admins and owners when left out. */
    approvers: partySchema.optional(),
    /** Only these branches, by name or pattern; neither tags nor commits. */
    allowedBranches: z.array(branchPatternSchema).min(1).max(50).optional(),
    /** Who may deploy to it; every member when left out. */
    deployers: partySchema.optional(),
  })
  .refine(({ requiredApprovals = 0, approvers }) => canBeMet(requiredApprovals, approvers), {
    path: ['approvers'],
    error: 'fewer users than approvals are asked for: no deployment could ever run',
  });
export type Protection = z.infer<typeof protectionSchema>;

const canBeMet = (required: number, approvers: Party | undefined): boolean =>
  required === 0 ||
  approvers === undefined ||
  approvers.role !== undefined ||
  (approvers.users?.length ?? 0) >= required;

/** Whether a ref is one of a pattern's. The database's `private.ref_matches` is the same function. */
export function refMatches(ref: string, pattern: string): boolean {
  const source = pattern
    .split('**')
    .map((part) => part.split('*').map(escaped).join('[^/]*'))
    .join('.*');
  return new RegExp(`^${source}$`, 's').test(ref);
}
const escaped = (text: string): string => text.replace(/[[\]\\^$.|?+(){}]/g, '\\$&');
