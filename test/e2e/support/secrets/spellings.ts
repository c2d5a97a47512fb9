/** Every way in which a text could be written down and still be read: what a search for it has to look for. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const form = new URLSearchParams({ a: secret }).toString().slice(2);
  // As `base64` breaks it; a short last line could be anything.
  const broken = (bytes.toString('base64').match(/.{1,76}/g) ?? []).filter((line) => line.length >= 12);
  const base64 = [0, 1, 2].map((before) => base64Within(bytes, before));
  return [
    ...new Set([
      secret,
      ...secret.split('\n').filter((line) => line.length >= 12),
      json,
      // JSON as a string of JSON: a document in a text column, a body in a log line.
      JSON.stringify(json).slice(1, -1),
      // As a row is printed.
      secret.replaceAll('\\', '\\\\').replaceAll('"', '""'),
      secret.replaceAll("'", "''"),
      url,
      url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
      form,
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      ...broken,
      ...base64,
      ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
  ];
}

/** Base64 of the bytes behind `before` others, as far as it depends on nothing but them. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}
