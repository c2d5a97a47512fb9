/** Without a hash: make one. With a hash: does the password match? */
export interface HashRequest {
  id: number;
  password: string;
  hash?: string;
}

export type HashReply = { id: number } & ({ hash: string } | { matches: boolean } | { failure: string });
