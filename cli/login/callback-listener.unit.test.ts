import { request } from 'node:http';
import { expect, it } from 'vitest';
import { listenForCallback } from './callback-listener.ts';

/** The status of a request that names this host. */
const ask = (url: URL, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });

it('hears one request, by its address and no other name', async () => {
  const listener = await listenForCallback();
  try {
    const url = new URL(`${listener.redirectUri}?code=1`);
    expect(url.hostname).toBe('127.0.0.1');
    expect(await ask(url, `evil.test:${url.port}`)).toBe(404);
    expect(await ask(new URL('/', url), url.host)).toBe(404);
    const page = fetch(url).then((response) => response.text());
    const callback = await listener.callback(new AbortController().signal);
    expect(callback.query.get('code')).toBe('1');
    await expect(fetch(url)).rejects.toThrow();
    await callback.answer('<Done>', 'Close "it".');
    expect(await page).toContain('<h1>&lt;Done&gt;</h1><p role="status">Close &quot;it&quot;.</p>');
  } finally {
    await listener.close();
  }
});

it('stops waiting when it is told to, and listens no more', async () => {
  const listener = await listenForCallback();
  const waiting = new AbortController();
  const callback = listener.callback(waiting.signal);
  waiting.abort(new Error('enough'));
  await expect(callback).rejects.toThrow('enough');
  await listener.close();
  await expect(fetch(listener.redirectUri)).rejects.toThrow();
});
