import type { StackSecrets } from '../../stack/secrets.ts';

type Keys = Pick<StackSecrets, 'secretKey' | 'publishableKey' | 'serviceRoleToken' | 'anonToken'>;

/** Keys and tokens are letters, digits, `_`, `-` and `.`: they need no escaping in Lua's quotes. */
const translate = (of: string, { secretKey, publishableKey, serviceRoleToken, anonToken }: Keys, prefix: string) =>
  `(${of} == '${secretKey}' and '${prefix}${serviceRoleToken}') or (${of} == '${publishableKey}' and '${prefix}${anonToken}')`;

/**
 * The Authorization header of a request that passed with a key. A user's own token stays; an opaque key becomes the JWT
 * that it stands for; a legacy key is a JWT already. Lua, evaluated by request-transformer.
 */
export const headerTranslation = (keys: Keys): string =>
  `$((headers.authorization ~= nil and headers.authorization:sub(1, 10) ~= 'Bearer sb_' and headers.authorization) or ${translate('(headers.apikey or query_params.apikey)', keys, 'Bearer ')} or 'Bearer ' .. (headers.apikey or query_params.apikey))`;

/** The key of a socket, which browsers can only send in the address. */
export const queryTranslation = (keys: Keys): string =>
  `$(${translate('(query_params.apikey or headers.apikey)', keys, '')} or query_params.apikey or headers.apikey)`;
