import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Probe } from './service.ts';

export interface ProbeResult {
  ok: boolean;
  /** What was seen, when it is not ok. */
  detail: string;
}

const bodyLimitBytes = 16 * 1024;

/** Asks once. Never throws: whatever goes wrong is the answer. */
export async function runProbe(probe: Probe, timeoutMs: number): Promise<ProbeResult> {
  if (probe.kind === 'alive') return { ok: true, detail: '' };
  try {
    const answer = await get(probe.url, probe.headers ?? {}, timeoutMs);
    const ok = probe.accept?.(answer) ?? (answer.status >= 200 && answer.status < 300);
    return { ok, detail: ok ? '' : `${probe.url} answered ${answer.status}: ${answer.body.slice(0, 300)}` };
  } catch (error) {
    return { ok: false, detail: `${probe.url}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** node:http instead of fetch: undici would cost the supervisor some ten megabytes. */
function get(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? secureRequest : request;
    const signal = AbortSignal.timeout(timeoutMs);
    const call = send(url, { headers: { ...headers }, agent: false, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < bodyLimitBytes) body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('error', (error) => reject(signal.aborted ? new Error(`no answer in ${timeoutMs} ms`) : error));
    call.end();
  });
}
