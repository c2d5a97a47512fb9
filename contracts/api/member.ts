import { z } from 'zod';
import { accountRoleSchema } from '../account.ts';

/** PATCH /api/v1/members/{user} */
export const updateMemberSchema = z.strictObject({ role: accountRoleSchema });
