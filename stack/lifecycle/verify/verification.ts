import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { StackRuntime } from '../../runtime.ts';
import type { Stack } from '../../stack.ts';

/** What a check of a running stack is given. */
export interface VerifyContext {
  stack: Stack;
  runtime: StackRuntime;
  /** Where the gateway answers, also while the edge shows the maintenance page. */
  url: string;
  /** The newest migration that the installed version was written for. */
  schemaVersion: number;
  /** Of the Vault's canary in the backup; null when there is none to compare with. */
  canarySha256: string | null;
  signal: AbortSignal;
  report(message: string): void;
  /** Called when a check takes so long that clients should not have to wait for it. */
  slow(): Promise<void>;
}

/** One thing that a stack has to show before a version counts as working. Answers with what was seen; throws when it does not work. */
export interface Verification {
  name: string;
  title: string;
  run(context: VerifyContext): Promise<string>;
}

const stateless = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };
/** For one request: a service that hangs is found out, one that has just started has time. */
const requestLimitMs = 15_000;

const limited: typeof fetch = (input, init) =>
  fetch(input, {
    ...init,
    signal: AbortSignal.any([AbortSignal.timeout(requestLimitMs), ...(init?.signal ? [init.signal] : [])]),
  });

/** A client of the stack's gateway; with a token it is that user, else what the key stands for. */
export const gatewayClient = (url: string, key: string, accessToken?: string): SupabaseClient =>
  createClient(url, key, {
    ...stateless,
    global: { fetch: limited },
    ...(accessToken === undefined ? {} : { accessToken: () => Promise.resolve(accessToken) }),
  });
