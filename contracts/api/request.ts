import { z } from 'zod';
import { accountRoleSchema } from '../account.ts';
import { tokenScopeSchema } from '../application-token.ts';
import { auditActions, auditSubjects } from '../audit-entry.ts';
import { credentialsSchema, credentialValueSchema, integrationProviderSchema } from '../integration.ts';
import { isInvitationCode } from '../invitation.ts';
import { environmentCategorySchema } from '../project.ts';
import { pageQuerySchema, slugSchema, timestampSchema, uuidSchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';

const variablesSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string());
const atLeastOne = (body: object): boolean => Object.values(body).some((value) => value !== undefined);
const nothingToChange = { error: 'Nothing to change: name at least one field.' };

/** Bodies of the POST requests that create something. Every one of them honours `Idempotency-Key`. */
export const createAccountSchema = z.object({ slug: slugSchema, name: z.string().min(1).max(120) });

export const createProjectSchema = z.object({
  /** May be left out by a member of exactly one account. */
  accountId: uuidSchema.optional(),
  slug: slugSchema,
  name: z.string().min(1).max(120).optional(),
  repositoryUrl: z.string().min(1).max(2_000),
  defaultRef: z.string().min(1).max(250).default('main'),
  configPath: z.string().min(1).max(250).default('sfp.yaml'),
});

export const createEnvironmentSchema = z.object({
  slug: slugSchema,
  name: z.string().min(1).max(120).optional(),
  category: environmentCategorySchema.default('dev'),
  variables: variablesSchema.default({}),
  /** Variable → name of an integration. */
  credentials: credentialsSchema.default({}),
});

/** PATCH /api/v1/projects/{idOrSlug}: what is left out stays. Strict, so that a misspelt field is not taken for no change. */
export const updateProjectSchema = z
  .strictObject({
    name: z.string().min(1).max(120).optional(),
    repositoryUrl: z.string().min(1).max(2_000).optional(),
    defaultRef: z.string().min(1).max(250).optional(),
    configPath: z.string().min(1).max(250).optional(),
  })
  .refine(atLeastOne, nothingToChange);

/** PATCH /api/v1/environments/{id}: what is left out stays; `variables` and `credentials` take the place of all that there were. */
export const updateEnvironmentSchema = z
  .strictObject({
    name: z.string().min(1).max(120).optional(),
    category: environmentCategorySchema.optional(),
    variables: variablesSchema.optional(),
    credentials: credentialsSchema.optional(),
  })
  .refine(atLeastOne, nothingToChange);

/** The secret has a request of its own: its body must not go into what `Idempotency-Key` keeps, not even as a hash. */
export const createIntegrationSchema = z.object({
  accountId: uuidSchema.optional(),
  /** Id or slug; for every project of the account when left out. */
  project: z.string().min(1).optional(),
  /** Id, or slug together with `project`; for every environment when left out. */
  environment: z.string().min(1).optional(),
  provider: integrationProviderSchema.default('generic'),
  name: slugSchema,
});

/** PATCH /api/v1/integrations/{id}: what is left out stays. */
export const updateIntegrationSchema = z
  .strictObject({ name: slugSchema.optional(), enabled: z.boolean().optional() })
  .refine(atLeastOne, nothingToChange);

/** PUT /api/v1/integrations/{id}/secret */
export const setIntegrationSecretSchema = z.strictObject({ value: credentialValueSchema });

/** GET /api/v1/integrations */
export const integrationQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  /** Id or slug: only those of this project and its environments. */
  project: z.string().min(1).optional(),
  /** Id, or slug together with `project`: only those of this environment. */
  environment: z.string().min(1).optional(),
  name: slugSchema.optional(),
  provider: integrationProviderSchema.optional(),
});

/** `project` and `environment` take an id or a slug. */
export const createDeploymentSchema = z.object({
  project: z.string().min(1),
  environment: z.string().min(1),
  /** Branch, tag or commit; the project's default ref when left out. */
  ref: z.string().min(1).max(250).optional(),
  pool: poolSchema.default('standard'),
});

export const createTokenSchema = z.object({
  accountId: uuidSchema.optional(),
  name: z.string().min(1).max(120),
  expiresAt: timestampSchema.nullable().default(null),
  /** The most it may do: what a viewer (`read`), a member (`deploy`), an admin (`manage`) may, or all that its user may. */
  scope: tokenScopeSchema.default('full'),
});

/** PATCH /api/v1/members/{user} */
export const updateMemberSchema = z.strictObject({ role: accountRoleSchema });

const expiresInDaysSchema = z.int().min(1).max(30).default(7);

export const createInvitationSchema = z.object({
  accountId: uuidSchema.optional(),
  email: z.email().max(320),
  role: accountRoleSchema.default('member'),
  expiresInDays: expiresInDaysSchema,
});
export const resendInvitationSchema = z.object({ expiresInDays: expiresInDaysSchema });

const invitationCodeSchema = z.string().refine(isInvitationCode, 'not an invitation code, or a letter of it is wrong');
/** POST /api/v1/invitations/preview and /accept */
export const invitationCodeRequestSchema = z.object({ code: invitationCodeSchema });
/** bcrypt, auth's hash, takes 72 bytes and no more. */
const newPasswordSchema = z
  .string()
  .min(8)
  .refine((text) => Buffer.byteLength(text) <= 72, 'at most 72 bytes');
/** POST /api/v1/invitations/sign-up */
export const invitedSignUpSchema = z.object({ code: invitationCodeSchema, password: newPasswordSchema });

/** GET /api/v1/audit */
export const auditQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  /** User id or e-mail address of who did it. */
  actor: z.string().min(1).max(320).optional(),
  tokenId: uuidSchema.optional(),
  action: z.enum(auditActions).optional(),
  subject: z.enum(auditSubjects).optional(),
  subjectId: uuidSchema.optional(),
  since: timestampSchema.optional(),
  until: timestampSchema.optional(),
});

/** GET /api/v1/tasks/{id}/events */
export const eventsQuerySchema = z.object({
  afterSeq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});
