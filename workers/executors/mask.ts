const mask = '***';
/** Shorter values would blot out ordinary words. */
const shortestSecret = 6;
const secretName = /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY)/i;

/** Forms that are a secret wherever they come from: our own tokens and keys, GitHub's, AWS', JWTs, URLs with a password. */
const patterns: readonly RegExp[] = [
  /sfp_(?:at|inv|login)_[A-Za-z0-9_-]{38}/g,
  /sb_secret_[A-Za-z0-9_-]{10,}/g,
  /gh[pousr]_[A-Za-z0-9]{20,}/g,
  /github_pat_[A-Za-z0-9_]{20,}/g,
  /AKIA[0-9A-Z]{16}/g,
  /eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
];
// Bounded: without it a long word without a blank takes the square of its length.
const urlPassword = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*:)[^\s/@]+@/gi;

/** Removes the given secrets, each line of a multi-line one too, and everything that looks like a secret. */
export class Masker {
  readonly #secrets: string[];

  constructor(secrets: Iterable<string>) {
    const parts = [...secrets].flatMap((secret) => [secret, ...secret.split(/\r?\n/)]);
    const usable = parts.map((part) => part.trim()).filter((part) => part.length >= shortestSecret);
    // Longest first, so that a secret that contains another one is removed whole.
    this.#secrets = [...new Set(usable)].sort((a, b) => b.length - a.length);
  }

  /** A masker for the values of those variables whose name says that they are secret, and for `secrets`. */
  static forVariables(variables: Record<string, string>, secrets: readonly string[] = []): Masker {
    const named = Object.entries(variables).flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
    return new Masker([...named, ...secrets]);
  }

  /** How many characters the longest of the given secrets has. */
  get longest(): number {
    return this.#secrets[0]?.length ?? 0;
  }

  /** The last place up to `at` where a text can be cut without cutting one of the given secrets. */
  boundary(text: string, at: number): number {
    let boundary = at;
    // Before one that would be cut there may be another one that then is.
    for (let before = -1; before !== boundary; ) {
      before = boundary;
      for (const secret of this.#secrets) {
        const begin = text.indexOf(secret, Math.max(0, boundary - secret.length + 1));
        if (begin !== -1 && begin < boundary) boundary = begin;
      }
    }
    return boundary;
  }

  /** Removes the given secrets alone. */
  hide(text: string): string {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, mask), text);
  }

  apply(text: string): string {
    let masked = this.hide(text);
    for (const pattern of patterns) masked = masked.replace(pattern, mask);
    return masked.replace(urlPassword, `$1${mask}@`);
  }
}
