import { stackLayout } from '../../stack/layout.ts';
import { blockPorts } from '../../stack/ports.ts';
import type { StackSecrets } from '../../stack/secrets.ts';
import { type ServerSettings, serverSettingsSchema } from '../../stack/server-settings.ts';
import type { Stack } from '../../stack/stack.ts';

export const vaultRootKey = 'ab'.repeat(32);

/** Fixed and worthless: so that the same bytes come out, and so that each can be looked for. */
const exampleSecrets: StackSecrets = {
  version: 1,
  databasePassword: 'd0d0d0d0d0d0d0d0',
  jwtSecret: 'jwt-secret-of-the-example-stack-0001',
  jwtSigningKey: {
    kty: 'EC',
    crv: 'P-256',
    kid: '00000000-0000-4000-8000-000000000001',
    alg: 'ES256',
    use: 'sig',
    x: 'example-x',
    y: 'example-y',
    d: 'example-private-d',
  },
  anonKey: 'example.legacy.anon',
  serviceRoleKey: 'example.legacy.service',
  publishableKey: 'sb_publishable_example000000000000000_00000000',
  secretKey: 'sb_secret_example000000000000000_00000000',
  anonToken: 'example.es256.anon',
  serviceRoleToken: 'example.es256.service',
  realtimeEncryptionKey: 'realtime-enc-key',
  realtimeSecretKeyBase: 'realtime-secret-key-base-'.repeat(3),
  realtimeMetricsSecret: 'realtime-metrics-secret',
  hatchetTokenSecret: 'hatchet-token-secret-of-the-example-stack',
  hatchetTenantId: '00000000-0000-4000-8000-000000000002',
  dispatchSecret: 'dispatch-secret-example',
  adminPassword: 'admin-password-example',
};

/** A stack that nobody runs, always the same. */
export const exampleStack = (settings: Partial<ServerSettings> = {}, secrets: Partial<StackSecrets> = {}): Stack => ({
  layout: stackLayout('/srv/sfp', 'acme'),
  settings: serverSettingsSchema.parse({
    version: 1,
    tenant: 'acme',
    mode: 'prod',
    runtime: 'compose',
    ports: blockPorts(0),
    ...settings,
  }),
  secrets: { ...exampleSecrets, ...secrets },
});

/** One with everything that can be configured. */
export const fullStack = (): Stack =>
  exampleStack(
    {
      domain: 'deploy.acme.example',
      signup: 'open',
      images: { edge: `caddy@sha256:${'0'.repeat(64)}` },
      auth: {
        smtp: {
          host: 'mail.acme.example',
          port: 587,
          user: 'sfp',
          senderEmail: 'sfp@acme.example',
          senderName: 'Acme',
        },
        oauth: { github: { clientId: 'gh-1' }, gitlab: { clientId: 'gl-1', url: 'https://gitlab.acme.example' } },
        saml: { allowEncryptedAssertions: true },
        redirectUrls: ['https://app.acme.example/**'],
      },
    },
    {
      smtpPassword: `it's a "smtp" $password`,
      oauthClientSecrets: { github: 'gh-client-secret', gitlab: 'gl-client-secret' },
      samlPrivateKey: 'c2FtbC1wcml2YXRlLWtleQ==',
    },
  );

/** One whose task engine is elsewhere, behind the operator's own proxy. */
export const externalEngineStack = (): Stack =>
  exampleStack(
    {
      publicUrl: 'https://sfp.acme.example',
      roles: { hatchet: { url: 'https://hatchet.acme.example', grpc: 'hatchet.acme.example:443' } },
    },
    { hatchetClientToken: 'external-engine-token' },
  );
