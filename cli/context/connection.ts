import type { ApiClient } from '../../client/api/client.ts';
import type { AuthApi } from '../../client/auth/auth-api.ts';
import type { Credentials } from '../../client/auth/credentials.ts';

/** A server, and us on it. */
export interface Connection {
  /** The name of the saved server; undefined when it came from the environment. */
  contextName: string | undefined;
  url: string;
  publishableKey: string;
  /** The stack's name on its machine, when it is known. */
  tenant: string | undefined;
  accountId: string | undefined;
  api: ApiClient;
  auth: AuthApi;
  credentials: Credentials;
}
