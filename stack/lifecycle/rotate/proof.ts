import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';
import type { StackLayout } from '../../layout.ts';
import type { Rotation } from '../../secrets/schema.ts';
import { serverCommand } from '../../server-command.ts';
import type { Stack } from '../../stack.ts';
import { userToken } from '../../user-token.ts';
import { asks, asksAuth } from './request.ts';

const tokenSeconds = 60;

interface ProofContext {
  stack: Stack;
  rotation: Rotation;
  url: string;
}

const notProven = (layout: StackLayout, kind: Rotation['kind'], detail: string): SfpError =>
  new SfpError({
    code: 'rotation_not_proven',
    message: 'The new secrets are in place, but the stack does not show that they work.',
    detail,
    suggestion: `Look at \`${serverCommand(layout, 'health')}\`, then run \`${serverCommand(layout, `rotate ${kind}`)}\` again: it goes on here.`,
  });

/** A running stack shows that the new secrets work and the old ones do not. Answers with what was seen. */
export async function proveRotation(context: ProofContext): Promise<string[]> {
  const { stack, rotation } = context;
  try {
    return [await worksNow(context), ...(await retiredAreRefused(context))];
  } catch (error) {
    throw notProven(stack.layout, rotation.kind, error instanceof Error ? error.message : String(error));
  }
}

const usersSchema = z.object({ users: z.array(z.object({ id: z.uuid(), email: z.string().optional() })) });

/** Both API keys, a user's token of the signing key, and REST and auth with the database behind them. */
async function worksNow({ stack, url }: ProofContext): Promise<string> {
  const { publishableKey, secretKey, anonKey, jwtSigningKey } = stack.secrets;
  await expectStatus(asks(url, publishableKey), 200, 'the publishable key');
  await expectStatus(asks(url, anonKey), 200, 'the legacy anon key');
  const listed = await asksAuth(url, 'admin/users?page=1&per_page=1', secretKey);
  if (listed.status !== 200) throw new Error(`auth answers the secret key with ${listed.status}`);
  const [user] = usersSchema.parse(await listed.json()).users;
  if (user === undefined) throw new Error('auth knows no user');
  const token = userToken(user.id, jwtSigningKey, tokenSeconds);
  await expectStatus(asks(url, publishableKey, token), 200, "a user's token at REST");
  await expectStatus(asksAuth(url, 'user', publishableKey, token), 200, "a user's token at auth");
  return `REST and auth accept the keys and a token of ${user.email ?? user.id}`;
}

async function retiredAreRefused({ stack, rotation: { retired }, url }: ProofContext): Promise<string[]> {
  const seen: string[] = [];
  for (const name of ['publishableKey', 'secretKey', 'anonKey'] as const) {
    const key = retired[name];
    if (key === undefined) continue;
    await expectStatus(asks(url, key), 401, `the old ${name}`);
    seen.push(`the old ${name} is refused`);
  }
  if (retired.anonToken !== undefined) {
    const { publishableKey, previousVerificationKey } = stack.secrets;
    const answer = asks(url, publishableKey, retired.anonToken);
    const revoked = previousVerificationKey === undefined;
    await expectStatus(answer, revoked ? 401 : 200, 'a token of the old signing key');
    seen.push(`tokens of the old signing key are ${revoked ? 'refused' : 'good until they end'}`);
  }
  return seen;
}

async function expectStatus(asked: Promise<Response>, status: number, what: string): Promise<void> {
  const answer = await asked;
  await answer.body?.cancel();
  if (answer.status !== status) throw new Error(`${what} is answered with ${answer.status} instead of ${status}`);
}
