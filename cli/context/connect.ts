import { ApiError } from '../../client/api/api-error.ts';
import { createApiClient } from '../../client/api/client.ts';
import { applicationTokenCredentials } from '../../client/auth/application-token-credentials.ts';
import type { AuthApi } from '../../client/auth/auth-api.ts';
import { createAuthApi } from '../../client/auth/auth-api.ts';
import type { Credentials } from '../../client/auth/credentials.ts';
import type { SessionTokens } from '../../client/auth/session-credentials.ts';
import { sessionCredentials } from '../../client/auth/session-credentials.ts';
import { isApplicationToken } from '../../contracts/application-token.ts';
import { SfpError } from '../../contracts/error.ts';
import type { CommandServices } from '../command.ts';
import { platformVersion } from '../platform-version.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { isServerUrl } from './server-url.ts';
import type { ContextStore } from './store.ts';

type ConnectServices = Pick<CommandServices, 'contexts' | 'contextName' | 'env'>;

export const userAgent = (): string => `sfp-cli/${platformVersion()}`;

/**
 * The server that a command talks to: `SFP_URL` with `SFP_TOKEN` when both are set and no `--context` was given, else
 * the saved one that was named, else the current one.
 */
export async function connect({ contexts, contextName, env }: ConnectServices): Promise<Connection> {
  if (contextName === undefined && env.SFP_TOKEN) return fromEnvironment(env);
  const context = await chosen(contexts, contextName);
  const { url, tenant } = context;
  const server = { url, tenant, userAgent: userAgent() };
  const auth = createAuthApi(server);
  const credentials = credentialsOf(context, contexts, auth);
  return {
    contextName: context.name,
    url,
    tenant,
    publishableKey: context.publishableKey,
    accountId: context.accountId,
    api: createApiClient({ ...server, credentials }),
    auth,
    credentials,
  };
}

async function chosen(contexts: ContextStore, name: string | undefined): Promise<Context> {
  const saved = await contexts.read();
  const wanted = name ?? saved.current;
  const found = saved.contexts.find((context) => context.name === wanted);
  if (found !== undefined) return found;
  if (name !== undefined) {
    throw new SfpError({
      code: 'context_not_found',
      message: `There is no saved server called ${name}.`,
      suggestion: 'List them with: sfp context list',
    });
  }
  throw new SfpError({
    code: 'not_logged_in',
    message: 'You are not logged in to a server.',
    suggestion:
      saved.contexts.length > 0
        ? 'Choose a saved one: sfp context use <name>'
        : 'Make one here with: sfp quickstart, or log in to one: sfp login <url>. In scripts set SFP_URL and SFP_TOKEN.',
  });
}

function credentialsOf(context: Context, contexts: ContextStore, auth: AuthApi): Credentials {
  const { applicationToken, session } = context;
  if (applicationToken !== undefined) {
    return applicationTokenCredentials({ token: applicationToken, exchange: auth.exchange });
  }
  if (session === undefined) throw loggedOut(context.name);
  return sessionCredentials({
    session,
    // Under the store's lock: another sfp may have refreshed meanwhile, and a refresh token works once.
    async refresh(current) {
      const saved = await contexts.update(context.name, async (latest) => {
        const newer = latest.session !== undefined && latest.session.refreshToken !== current.refreshToken;
        if (newer) return latest;
        const { accessToken, refreshToken, expiresAt } = await refreshed(auth, current.refreshToken, context.name);
        return { ...latest, session: { accessToken, refreshToken, expiresAt } };
      });
      if (saved.session === undefined) throw loggedOut(context.name);
      return saved.session;
    },
  });
}

async function refreshed(auth: AuthApi, refreshToken: string, contextName: string): Promise<SessionTokens> {
  try {
    return await auth.refresh(refreshToken);
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 404) throw loggedOut(contextName);
    throw error;
  }
}

const loggedOut = (name: string): SfpError =>
  new SfpError({
    code: 'session_expired',
    message: `Your session on ${name} has ended.`,
    suggestion: 'Log in again: sfp login',
  });

async function fromEnvironment(env: NodeJS.ProcessEnv): Promise<Connection> {
  const url = env.SFP_URL ?? '';
  const token = env.SFP_TOKEN ?? '';
  if (!isServerUrl(url)) {
    throw new SfpError({
      code: 'environment_invalid',
      message: 'SFP_TOKEN is set, and SFP_URL is not the URL of a server.',
      detail: url === '' ? 'SFP_URL is not set.' : `SFP_URL=${url}`,
      suggestion: 'Set SFP_URL to the server, e.g. https://deploy.example.com, or unset SFP_TOKEN.',
    });
  }
  if (!isApplicationToken(token)) {
    throw new SfpError({
      code: 'token_invalid',
      message: 'SFP_TOKEN is not an application token, or a letter of it is wrong.',
      suggestion: 'Make one with: sfp token create <name>',
    });
  }
  const auth = createAuthApi({ url, userAgent: userAgent() });
  const credentials = applicationTokenCredentials({ token, exchange: auth.exchange });
  const api = createApiClient({ url, credentials, userAgent: userAgent() });
  const config = env.SFP_PUBLISHABLE_KEY ? undefined : await api.config();
  const publishableKey = env.SFP_PUBLISHABLE_KEY || (config?.publishableKey ?? '');
  const tenant = config?.tenant;
  return { contextName: undefined, url, tenant, publishableKey, accountId: undefined, api, auth, credentials };
}
