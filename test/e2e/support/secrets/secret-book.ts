import { randomBytes } from 'node:crypto';
import { spellingsOf } from './spellings.ts';

export const secretKinds = [
  'password',
  'code',
  'application token',
  'access token',
  'refresh token',
  'credential',
  'key of the stack',
  'password of a role',
  'key of the vault',
] as const;
export type SecretKind = (typeof secretKinds)[number];

export interface Secret {
  kind: SecretKind;
  /** What it is, so that a failure need not show it. */
  name: string;
  value: string;
}

const prefixBytes = 4;

/** Every secret that a test has used, and where any of them stands in the clear. */
export class SecretBook {
  readonly #secrets = new Map<string, Secret>();
  /** By the first bytes of a spelling: one pass over a text finds all of them. */
  readonly #byPrefix = new Map<number, { needle: Buffer; secret: Secret }[]>();
  readonly #begins = new Uint8Array(65_536);

  /** Takes a secret down, once. */
  note(kind: SecretKind, name: string, value: string): string {
    if (value.length < 12) throw new Error(`${name} is too short to be searched for.`);
    if (this.#secrets.has(value)) return value;
    const secret = { kind, name, value };
    this.#secrets.set(value, secret);
    for (const spelling of spellingsOf(value)) {
      const needle = Buffer.from(spelling);
      const prefix = needle.readUInt32LE(0);
      this.#begins[prefix & 0xffff] = 1;
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), { needle, secret }]);
    }
    return value;
  }

  /** A new one. `more` may be spelled in ways that nobody thought of; what stands before it is searched for by itself. */
  make(kind: SecretKind, name: string, more = ''): string {
    const plain = this.note(kind, name, `s${randomBytes(12).toString('hex')}`);
    return this.note(kind, name, `${plain}${more}`);
  }

  get all(): Secret[] {
    return [...this.#secrets.values()];
  }

  countOf(kind: SecretKind): number {
    return this.all.filter((secret) => secret.kind === kind).length;
  }

  /** Which secrets a text holds, in any spelling. */
  foundIn(text: Buffer | string): Secret[] {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const found = new Set<Secret>();
    for (let at = 0; at + prefixBytes <= bytes.length; at += 1) {
      const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      if (this.#begins[low] === 0) continue;
      for (const { needle, secret } of this.#byPrefix.get(bytes.readUInt32LE(at)) ?? []) {
        if (bytes.compare(needle, 0, needle.length, at, Math.min(at + needle.length, bytes.length)) === 0)
          found.add(secret);
      }
    }
    return [...found];
  }
}
