/** Why a token was not accepted. Each place words it differently; the texts are those of the recorded server. */
export type TokenProblem =
  | { kind: 'malformed' }
  | { kind: 'signature' }
  | { kind: 'signer'; kid: string | undefined }
  | { kind: 'expired'; secondsAgo: number }
  | { kind: 'claims' };

const notJwt = 'The token provided is not a valid JWT';
const claimsRequired = 'Fields `role` and `exp` are required in JWT';
const badSignature = 'Failed to validate JWT signature';

const signer = (kid: string | undefined): string =>
  kid === undefined
    ? 'Failed to generate JWT signer, check your JWT secret or JWKS configuration'
    : `Failed to generate JWT signer for key ID (kid) "${kid}", check your JWT secret or JWKS configuration`;

const expired = (secondsAgo: number): string => `Token has expired ${secondsAgo} seconds ago`;

/** Body text of a refused connect. */
export function connectText(problem: TokenProblem): string {
  switch (problem.kind) {
    case 'malformed':
      return notJwt;
    case 'signature':
      return badSignature;
    case 'signer':
      return signer(problem.kid);
    case 'expired':
      return 'Token has expired';
    case 'claims':
      return claimsRequired;
  }
}

/** `reason` of a refused join. */
export function joinText(problem: TokenProblem): string {
  switch (problem.kind) {
    case 'malformed':
      return `MalformedJWT: ${notJwt}`;
    case 'signature':
      return `JwtSignatureError: ${badSignature}`;
    case 'signer':
      return `JwtSignerError: ${signer(problem.kid)}`;
    case 'expired':
      return `InvalidJWTToken: ${expired(problem.secondsAgo)}`;
    case 'claims':
      return `InvalidJWTToken: ${claimsRequired}`;
  }
}

/** Message of the system error after a refused `access_token` or at expiry. */
export function refreshText(problem: TokenProblem): string {
  switch (problem.kind) {
    case 'malformed':
      return notJwt;
    case 'signature':
      return ':signature_error';
    case 'signer':
      return signer(problem.kid);
    case 'expired':
      return expired(problem.secondsAgo);
    case 'claims':
      return claimsRequired;
  }
}
