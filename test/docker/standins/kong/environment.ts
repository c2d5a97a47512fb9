import { z } from 'zod';
import { officialEnvironment, refuseUnknown } from '../refuse.ts';
import { readDeclarative } from './declarative-config.ts';

const megabytes = z
  .string()
  .regex(/^\d+m$/)
  .transform((text) => Number.parseInt(text, 10) * 1024 * 1024);
const address = z.string().regex(/^[\d.]+:\d+$/);

const schema = z.object({
  KONG_DATABASE: z.literal('off'),
  KONG_DECLARATIVE_CONFIG_STRING: z.string().min(1),
  KONG_ROUTER_FLAVOR: z.literal('expressions', 'the routes are expressions'),
  KONG_PLUGINS: z.string().transform((list) => new Set(list.split(',').map((name) => name.trim()))),
  KONG_PREFIX: z.string().startsWith('/'),
  KONG_PROXY_LISTEN: address,
  KONG_STATUS_LISTEN: address,
  KONG_ADMIN_LISTEN: z.literal('off', 'nobody may reach it'),
  KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE: megabytes,
});

export const environment = officialEnvironment('kong', schema);
refuseUnknown('kong', 'KONG_', [
  /^KONG_(DATABASE|DECLARATIVE_CONFIG_STRING|ROUTER_FLAVOR|PLUGINS|PREFIX|(PROXY|ADMIN|STATUS)_LISTEN)$/,
  /^KONG_(PROXY_(ACCESS|ERROR)_LOG|DNS_(ORDER|NOT_FOUND_TTL|VALID_TTL)|NGINX_[A-Z_]+|TRUSTED_IPS|REAL_IP_HEADER)$/,
]);

export const declared = readDeclarative(
  environment.KONG_DECLARATIVE_CONFIG_STRING,
  environment.KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE,
);
for (const name of declared.plugins) {
  if (!environment.KONG_PLUGINS.has(name))
    throw new Error(`plugin '${name}' not enabled; add it to the 'plugins' configuration property`);
}
