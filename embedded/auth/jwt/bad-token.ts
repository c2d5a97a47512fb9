/** Why a bearer token was refused, in the words of the library that GoTrue uses: clients show and match these texts. */
export class BadToken extends Error {
  constructor(reason: string) {
    super(`invalid JWT: unable to parse or verify signature, ${reason}`);
    this.name = 'BadToken';
  }
}
