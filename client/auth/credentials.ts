/** How requests prove who asks. */
export interface Credentials {
  /** What the API gets as Bearer; undefined asks as nobody. */
  bearer(): Promise<string | undefined>;
  /** A user's JWT that is good for a while: what REST and Realtime understand. */
  accessToken(): Promise<string>;
  /** After a 401: true when something new is worth another try. */
  renew(): Promise<boolean>;
}
