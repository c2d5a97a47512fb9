/** How a secret shows up in the output of programs: as it is, and as headers, URLs, forms and JSON spell it. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [bytes.toString('base64'), ...within(bytes)];
  const hex = bytes.toString('hex');
  const json = JSON.stringify(secret).slice(1, -1);
  const inUrls = [encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)];
  return [
    secret,
    ...inUrls,
    // RFC 3986, 2.1: the digits of an escape may be of either case.
    ...inUrls.map((text) => text.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())),
    json,
    // In a string of JSON: a body that is logged.
    JSON.stringify(json).slice(1, -1),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
    ...[76, 64].map((width) => wrapped(bytes.toString('base64'), width)),
  ];
}

/** As `base64` (76) and PEM (64) break it into lines; of what has several lines each one is masked. */
const wrapped = (text: string, width: number): string =>
  Array.from({ length: Math.ceil(text.length / width) }, (_, line) =>
    text.slice(line * width, (line + 1) * width),
  ).join('\n');

/**
 * Base64 of a longer text that holds the bytes, such as `user:secret` in an Authorization header: three bytes make four
 * letters, so it depends on where they begin. Without the letters at both ends, which neighbours have a part in.
 */
const within = (bytes: Buffer): string[] =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = (before + bytes.length) % 3 === 0;
    return text.slice(before === 0 ? 0 : before + 1, whole ? undefined : -1);
  });
