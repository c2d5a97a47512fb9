import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { TokenScope } from '../../contracts/application-token.ts';
import { problemSchema } from '../../contracts/error.ts';
import type { ServerEnv } from '../env.ts';
import type { ApplicationTokens } from '../services/application-tokens.ts';
import type { Database, Databases, RequestSource } from '../services/database.ts';
import type { HealthCheck } from '../services/health.ts';
import type { LoginCodes } from '../services/login-codes.ts';
import type { SignIn } from '../services/sign-in.ts';
import type { VerifyUserToken } from '../services/user-tokens.ts';
import type { RateLimit } from './rate-limit.ts';

/** Who sent the request. */
interface Caller {
  userId: string;
  email: string;
  applicationTokenId: string | null;
  /** Null for a person. */
  tokenScope: TokenScope | null;
  /** The user token that REST and Realtime get. */
  token: string;
  /** The database as this caller sees it. */
  db: Database;
}

export interface AppEnv {
  Variables: { requestId: string; source: RequestSource; caller: Caller };
}
export type Api = OpenAPIHono<AppEnv>;

/** What routes are built from; made once in main.ts. */
export interface Services {
  env: ServerEnv;
  log: Logger;
  databases: Databases;
  verifyUserToken: VerifyUserToken;
  applicationTokens: ApplicationTokens;
  signIn: SignIn;
  loginLimit: RateLimit;
  loginCodes: LoginCodes;
  health: HealthCheck;
  /** Tells the dispatcher to look into the outbox now. */
  wakeDispatcher(): void;
  /** Tells the scheduler that a schedule was made or changed. */
  wakeScheduler(): void;
  /** Tells the mover that a collection is promoted or deleted. */
  wakeCollectionMover(): void;
  /** Key for what the idempotency table keeps. */
  sealingKey: Buffer;
}

/** One endpoint: registers its route on the API. Each lives in a file of its own, routes/<resource>/<verb>.ts. */
export type Endpoint = (api: Api, services: Services) => void;

export const jsonAnswer = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});

/** Every endpoint's refusals; handlers throw them, so they are no part of a handler's type. */
export const problems = {
  default: { description: 'A problem (RFC 9457)', content: { 'application/problem+json': { schema: problemSchema } } },
} as const;

export const bearer = [{ bearer: [] }];
