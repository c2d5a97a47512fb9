import { z } from 'zod';
import { become, officialEnvironment, refuseUnknown } from '../refuse.ts';

/** GoTrue's required settings, and the forms that end the real one at its start. */
const schema = z.object({
  GOTRUE_DB_DRIVER: z.literal('postgres'),
  GOTRUE_DB_DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\/supabase_auth_admin:/),
  API_EXTERNAL_URL: z.url(),
  GOTRUE_SITE_URL: z.string().min(1),
  GOTRUE_JWT_SECRET: z.string().min(1),
  GOTRUE_API_HOST: z.literal('0.0.0.0', 'another container asks'),
  GOTRUE_API_PORT: z.literal('9999'),
  GOTRUE_SMTP_MAX_FREQUENCY: z
    .string()
    .regex(/[smh]$/, 'a duration: a bare number ends the process at its start')
    .optional(),
});

const known = [
  /^GOTRUE_(API|DB|JWT|MAILER|SMTP|EXTERNAL|SAML|RATE_LIMIT|SECURITY|PASSWORD|CORS|LOG)_/,
  'GOTRUE_SITE_URL',
  'GOTRUE_URI_ALLOW_LIST',
  'GOTRUE_DISABLE_SIGNUP',
];

officialEnvironment('gotrue', schema);
refuseUnknown('gotrue', 'GOTRUE_', known);
await become('auth');
