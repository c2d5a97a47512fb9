import { Agent, request } from 'node:http';

export interface Target {
  url: string;
  method?: 'GET' | 'POST';
  headers: () => Record<string, string>;
  body?: string;
}

export interface LoadResult {
  latencies: number[];
  perSecond: number;
}

/**
 * Keeps so many connections busy, each with one request after the other, until the time or the number of requests is used
 * up. Any answer but a 2xx is a failure of the bench.
 */
export async function load(
  target: Target,
  {
    connections,
    durationMs,
    limit = Number.POSITIVE_INFINITY,
  }: { connections: number; durationMs: number; limit?: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const started = performance.now();
  let begun = 0;
  try {
    const one = async (): Promise<void> => {
      while (performance.now() - started < durationMs && begun < limit) {
        begun += 1;
        const sent = performance.now();
        await send(target, agent);
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
    return { latencies, perSecond: (latencies.length / (performance.now() - started)) * 1_000 };
  } finally {
    agent.destroy();
  }
}

const send = ({ url, method = 'GET', headers, body }: Target, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers: headers() }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`${method} ${url} answered ${statusCode}: ${text.slice(0, 500)}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
