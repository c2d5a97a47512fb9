import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { compare, type Difference } from '../support/compare.ts';
import type { SdkStep } from './recording.ts';
import type { Target } from './target.ts';

function client(target: Target, who: string): SupabaseClient {
  const token = target.tokens.of(who);
  // The gateway strips /rest/v1; here nothing stands before the service.
  const direct: typeof fetch = (input, init) => fetch(String(input).replace('/rest/v1', ''), init);
  return createClient(target.url, token ?? 'no-key', {
    global: { fetch: direct, headers: { Authorization: token === undefined ? '' : `Bearer ${token}` } },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
}

/** How the recording wrote down what `throwOnError()` throws. */
const thrown = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && 'details' in error
    ? { thrown: String(error), code: error.code, details: error.details }
    : { thrown: String(error) };

/** Runs a recorded supabase-js call, as its source text says, and compares what it gives. */
export async function playCall(step: SdkStep, target: Target): Promise<Difference[]> {
  const clients = {
    s: client(target, 'svc'),
    a: client(target, 'ann'),
    n: client(target, 'none'),
    o: client(target, 'out'),
  };
  const names = [...Object.keys(clients), 'A1', 'P1'];
  const values = [
    ...Object.values(clients),
    'a0000000-0000-0000-0000-000000000001',
    'b0000000-0000-0000-0000-000000000001',
  ];
  // The calls are our own recordings; running their text is what makes it the same call.
  const run: unknown = new Function(...names, `return (async () => await ${step.call})()`);
  if (typeof run !== 'function') throw new Error('not a function');
  const result: unknown = await Promise.resolve(run(...values)).catch(thrown);
  const plain: unknown = JSON.parse(JSON.stringify(result));
  return compare(step.result, plain, (path, expected) => {
    if (path === 'success') return 'ignore';
    if (path === 'count' && step.call.includes('planned')) return 'ignore';
    if (path === 'error.details' && typeof expected === 'string' && /Failing row|Abort/.test(expected)) return 'ignore';
    if (typeof expected === 'string' && expected.startsWith('2026-11-21T')) return 'ignore';
    if (typeof expected === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/.test(expected)) return 'ignore';
    return 'exact';
  });
}
