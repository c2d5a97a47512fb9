import { z } from 'zod';
import type { Stack } from '../../stack.ts';
import { userToken } from '../../user-token.ts';
import { gatewayClient, type Verification } from './verification.ts';

const ownerRows = z.array(z.object({ account_id: z.uuid(), user_id: z.uuid() }));
const accountRows = z.array(z.object({ id: z.uuid() }));
const lifetimeSeconds = 120;

/** A user token signed with the stack's key passes the gateway, REST takes its owner for whom it names, and auth knows them. */
export const tokenVerification: Verification = {
  name: 'token',
  title: 'Keys and tokens',
  async run({ url, stack }) {
    const { account, user } = await anOwner(url, stack);
    const token = userToken(user, stack.secrets.jwtSigningKey, lifetimeSeconds);
    const client = gatewayClient(url, stack.secrets.publishableKey, token);
    const { data, error } = await client.from('accounts').select('id').eq('id', account);
    if (error !== null) throw new Error(`REST refuses a token of an owner: ${error.message}`);
    if (accountRows.parse(data).length !== 1) throw new Error('REST does not show an account to its owner');
    const auth = gatewayClient(url, stack.secrets.publishableKey).auth;
    const known = await auth.getUser(token);
    if (known.error !== null) throw new Error(`auth refuses a token of an owner: ${known.error.message}`);
    if (known.data.user.id !== user) throw new Error(`auth takes ${user} for ${known.data.user.id}`);
    return `REST and auth know ${known.data.user.email ?? user}`;
  },
};

async function anOwner(url: string, { secrets }: Stack): Promise<{ account: string; user: string }> {
  const { data, error } = await gatewayClient(url, secrets.secretKey)
    .from('accounts_memberships')
    .select('account_id, user_id')
    .eq('role', 'owner')
    .order('created_at')
    .limit(1);
  if (error !== null) throw new Error(`REST refuses the secret key: ${error.message}`);
  const [owner] = ownerRows.parse(data);
  if (owner === undefined) throw new Error('no account has an owner');
  return { account: owner.account_id, user: owner.user_id };
}
