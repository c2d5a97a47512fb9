import { expect, it } from 'vitest';
import { Masker } from '../executors/mask.ts';
import { spellingsOf } from './spellings.ts';

const secret = 'pässword/with "quotes"\nand a second line?';
const masker = new Masker(spellingsOf(secret));

it('a secret is masked as it is and as headers, URLs and JSON spell it', () => {
  for (const text of [
    ...secret.split('\n'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase(),
    encodeURIComponent(secret).replace(/%../g, (octet) => octet.toLowerCase()),
    new URLSearchParams({ secret }).toString().slice('secret='.length),
    JSON.stringify(JSON.stringify({ secret })).slice(15, -4),
  ]) {
    expect(masker.apply(`before ${text} after`)).toBe('before *** after');
  }
});

it('and wherever it begins in a longer text that is written as base64', () => {
  for (const user of ['', 'a', 'ab', 'abc', 'a longer name']) {
    for (const behind of ['', '\n', '12', 'and more']) {
      const header = Buffer.from(`${user}:${secret}${behind}`).toString('base64');
      const masked = masker.apply(header);
      expect(masked).toContain('***');
      // No letter of the secret is left but those that its neighbours have a part in.
      const left = Buffer.from(masked.split('***').join(''), 'base64').toString('latin1');
      expect(left.length).toBeLessThanOrEqual(user.length + behind.length + 4);
      expect(masked).not.toContain(Buffer.from(secret).toString('base64').slice(8, 16));
    }
  }
});

it('and when a program breaks its base64 into lines', () => {
  const long = 'a key that takes more than one line of base64, '.repeat(4);
  const lines =
    Buffer.from(long)
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  expect(lines.length).toBeGreaterThan(3);
  const masked = new Masker(spellingsOf(long));
  for (const line of lines) expect(masked.apply(line)).toBe('***');
});
