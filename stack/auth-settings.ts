import { z } from 'zod';

/** The sign-in providers that GoTrue 2.196 knows by environment; others are added at run time by its admin API. */
const oauthProviders = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'kakao',
  'keycloak',
  'linkedin_oidc',
  'notion',
  'slack_oidc',
  'snapchat',
  'spotify',
  'twitch',
  'twitter',
  'workos',
  'zoom',
] as const;
export const oauthProviderSchema = z.enum(oauthProviders);

const smtpSchema = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535),
  /** Left out for a server that wants no login; the password is `smtpPassword` in secrets.json. */
  user: z.string().min(1).optional(),
  senderEmail: z.email(),
  senderName: z.string().min(1).default('sfp'),
});

const oauthProviderSettingsSchema = z.strictObject({
  clientId: z.string().min(1),
  /** Of a self-hosted GitLab, Keycloak or GitHub, or an Azure tenant. */
  url: z.url().optional(),
});

const samlSchema = z.strictObject({
  /** Pins the entity id when the stack's public address changes, so that identity providers need no change. */
  externalUrl: z.url().optional(),
  allowEncryptedAssertions: z.boolean().default(false),
});

/** How people sign in, beyond e-mail and password. Every secret that belongs to it is in secrets.json. */
export const authSettingsSchema = z.strictObject({
  smtp: smtpSchema.optional(),
  oauth: z.partialRecord(oauthProviderSchema, oauthProviderSettingsSchema).default({}),
  saml: samlSchema.optional(),
  /** Where a sign-in may lead back to, besides the stack itself. */
  redirectUrls: z.array(z.string().min(1)).default([]),
});
