import { z } from 'zod';
import { accountSchema } from '../../contracts/account.ts';
import { meSchema } from '../../contracts/api/auth.ts';
import { clientConfigSchema, healthSchema, versionSchema } from '../../contracts/api/health.ts';
import type {
  auditQuerySchema,
  createAccountSchema,
  createDeploymentSchema,
  createEnvironmentSchema,
  createIntegrationSchema,
  createInvitationSchema,
  createProjectSchema,
  createTokenSchema,
  integrationQuerySchema,
  resendInvitationSchema,
  setIntegrationSecretSchema,
  updateEnvironmentSchema,
  updateIntegrationSchema,
  updateMemberSchema,
  updateProjectSchema,
} from '../../contracts/api/request.ts';
import { applicationTokenSchema } from '../../contracts/application-token.ts';
import { auditEntrySchema } from '../../contracts/audit-entry.ts';
import type { DeploymentStatus } from '../../contracts/deployment.ts';
import { deploymentSchema } from '../../contracts/deployment.ts';
import { integrationSchema } from '../../contracts/integration.ts';
import { type InvitationState, invitationPreviewSchema, invitationSchema } from '../../contracts/invitation.ts';
import { memberSchema } from '../../contracts/member.ts';
import { environmentSchema, projectSchema } from '../../contracts/project.ts';
import { pageSchema } from '../../contracts/scalar.ts';
import type { TaskStatus, TaskType } from '../../contracts/task.ts';
import { taskSchema } from '../../contracts/task.ts';
import { taskEventSchema } from '../../contracts/task-event.ts';
import type { HttpOptions } from './http.ts';
import { createHttp } from './http.ts';

interface Page {
  cursor?: string | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}
interface Creating {
  /** Repeat it to repeat the request without making a second thing. */
  idempotencyKey?: string | undefined;
}
interface InAccount {
  /** May be left out by a member of exactly one account. */
  accountId?: string | undefined;
}
interface Changing {
  /** The version that was read (`version` of the answer); a later one makes the change fail as `version_conflict`. */
  version: number;
}
type Body<Schema extends z.ZodType> = z.input<Schema>;

const newTokenSchema = applicationTokenSchema.extend({ token: z.string() });
const issuedInvitationSchema = invitationSchema.extend({ code: z.string(), link: z.string() });
const anything = z.unknown();
const at = (...segments: string[]): string => segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');

const page = ({ cursor, limit }: Page): Record<string, string | number | undefined> => ({ cursor, limit });

/**
 * The API of a stack, a method per route. Answers are read by the contracts' schemas; refusals are thrown as `ApiError`
 * (an `SfpError` with `status` and `requestId`), an unreachable server as `SfpError` `server_unreachable`.
 */
export function createApiClient(options: HttpOptions) {
  const http = createHttp(options);
  return {
    /** Asks every part. Unlike the other methods it also answers, rather than throws, when one is down. */
    health: () => http({ method: 'GET', path: '/health', answer: healthSchema, accepts: [503] }),
    version: () => http({ method: 'GET', path: '/version', answer: versionSchema }),
    config: () => http({ method: 'GET', path: '/config', answer: clientConfigSchema }),
    me: () => http({ method: 'GET', path: '/me', answer: meSchema }),
    logout: () => http({ method: 'POST', path: '/auth/logout', answer: anything }),
    accounts: {
      list: (query: Page = {}) =>
        http({ method: 'GET', path: '/accounts', query: page(query), answer: pageSchema(accountSchema) }),
      create: (body: Body<typeof createAccountSchema>, creates: Creating = {}) =>
        http({ method: 'POST', path: '/accounts', body, creates, answer: accountSchema }),
    },
    members: {
      list: ({ accountId, ...query }: InAccount & Page = {}) =>
        http({
          method: 'GET',
          path: '/members',
          query: { accountId, ...page(query) },
          answer: pageSchema(memberSchema),
        }),
      /** By user id or e-mail address. */
      get: (user: string, query: InAccount = {}) =>
        http({ method: 'GET', path: at('members', user), query: { ...query }, answer: memberSchema }),
      update: (user: string, body: Body<typeof updateMemberSchema>, { version, ...query }: Changing & InAccount) =>
        http({ method: 'PATCH', path: at('members', user), query, body, version, answer: memberSchema }),
      remove: (user: string, query: InAccount = {}) =>
        http({ method: 'DELETE', path: at('members', user), query: { ...query }, answer: anything }),
    },
    invitations: {
      list: ({ accountId, state, ...query }: InAccount & { state?: InvitationState | undefined } & Page = {}) =>
        http({
          method: 'GET',
          path: '/invitations',
          query: { accountId, state, ...page(query) },
          answer: pageSchema(invitationSchema),
        }),
      /** `code` and `link` are in this answer and nowhere else, ever. */
      create: (body: Body<typeof createInvitationSchema>, creates: Creating = {}) =>
        http({ method: 'POST', path: '/invitations', body, creates, answer: issuedInvitationSchema }),
      /** A new code; the old one ends. */
      resend: (id: string, body: Body<typeof resendInvitationSchema> = {}, creates: Creating = {}) =>
        http({
          method: 'POST',
          path: at('invitations', id, 'resend'),
          body,
          creates,
          answer: issuedInvitationSchema,
        }),
      revoke: (id: string) => http({ method: 'DELETE', path: at('invitations', id), answer: anything }),
      /** Needs no login: who has the code may ask what it is for. */
      preview: (code: string) =>
        http({ method: 'POST', path: '/invitations/preview', body: { code }, answer: invitationPreviewSchema }),
      accept: (code: string) =>
        http({ method: 'POST', path: '/invitations/accept', body: { code }, answer: memberSchema }),
    },
    audit: {
      list: ({ cursor, limit, signal, ...filter }: AuditFilter & Page = {}) =>
        http({
          method: 'GET',
          path: '/audit',
          query: { ...filter, ...page({ cursor, limit }) },
          answer: pageSchema(auditEntrySchema),
          signal,
        }),
    },
    projects: {
      list: (query: Page = {}) =>
        http({ method: 'GET', path: '/projects', query: page(query), answer: pageSchema(projectSchema) }),
      get: (idOrSlug: string) => http({ method: 'GET', path: at('projects', idOrSlug), answer: projectSchema }),
      create: (body: Body<typeof createProjectSchema>, creates: Creating = {}) =>
        http({ method: 'POST', path: '/projects', body, creates, answer: projectSchema }),
      update: (idOrSlug: string, body: Body<typeof updateProjectSchema>, { version }: Changing) =>
        http({ method: 'PATCH', path: at('projects', idOrSlug), body, version, answer: projectSchema }),
    },
    environments: {
      list: (project: string, query: Page = {}) =>
        http({
          method: 'GET',
          path: at('projects', project, 'environments'),
          query: page(query),
          answer: pageSchema(environmentSchema),
        }),
      get: (id: string) => http({ method: 'GET', path: at('environments', id), answer: environmentSchema }),
      create: (project: string, body: Body<typeof createEnvironmentSchema>, creates: Creating = {}) =>
        http({
          method: 'POST',
          path: at('projects', project, 'environments'),
          body,
          creates,
          answer: environmentSchema,
        }),
      /** `variables` and `credentials` take the place of all that there were. */
      update: (id: string, body: Body<typeof updateEnvironmentSchema>, { version }: Changing) =>
        http({ method: 'PATCH', path: at('environments', id), body, version, answer: environmentSchema }),
    },
    integrations: {
      list: ({ cursor, limit, signal, ...filter }: IntegrationFilter & Page = {}) =>
        http({
          method: 'GET',
          path: '/integrations',
          query: { ...filter, ...page({ cursor, limit }) },
          answer: pageSchema(integrationSchema),
          signal,
        }),
      get: (id: string) => http({ method: 'GET', path: at('integrations', id), answer: integrationSchema }),
      create: (body: Body<typeof createIntegrationSchema>, creates: Creating = {}) =>
        http({ method: 'POST', path: '/integrations', body, creates, answer: integrationSchema }),
      update: (id: string, body: Body<typeof updateIntegrationSchema>, { version }: Changing) =>
        http({ method: 'PATCH', path: at('integrations', id), body, version, answer: integrationSchema }),
      remove: (id: string) => http({ method: 'DELETE', path: at('integrations', id), answer: anything }),
      /** The value goes in and never comes out again. */
      setSecret: (id: string, body: Body<typeof setIntegrationSecretSchema>, { version }: Changing) =>
        http({ method: 'PUT', path: at('integrations', id, 'secret'), body, version, answer: integrationSchema }),
    },
    deployments: {
      list: ({ project, environment, status, ...query }: DeploymentFilter & Page = {}) =>
        http({
          method: 'GET',
          path: '/deployments',
          query: { project, environment, status, ...page(query) },
          answer: pageSchema(deploymentSchema),
        }),
      get: (id: string) => http({ method: 'GET', path: at('deployments', id), answer: deploymentSchema }),
      create: (body: Body<typeof createDeploymentSchema>, creates: Creating = {}) =>
        http({ method: 'POST', path: '/deployments', body, creates, answer: deploymentSchema }),
      cancel: (id: string) => http({ method: 'POST', path: at('deployments', id, 'cancel'), answer: deploymentSchema }),
      /** Runs what did not succeed again, as a new task of the same deployment. */
      retry: (id: string, creates: Creating = {}) =>
        http({ method: 'POST', path: at('deployments', id, 'retry'), creates, answer: deploymentSchema }),
    },
    tasks: {
      list: ({ project, status, type, ...query }: TaskFilter & Page = {}) =>
        http({
          method: 'GET',
          path: '/tasks',
          query: { project, status, type, ...page(query) },
          answer: pageSchema(taskSchema),
        }),
      get: (id: string, signal?: AbortSignal) =>
        http({ method: 'GET', path: at('tasks', id), answer: taskSchema, signal }),
      /** Events after `afterSeq`, oldest first, at most `limit` (500, up to 1,000). */
      events: (id: string, { afterSeq = 0, limit, signal }: EventsQuery = {}) =>
        http({
          method: 'GET',
          path: at('tasks', id, 'events'),
          query: { afterSeq, limit },
          answer: pageSchema(taskEventSchema),
          signal,
        }),
      cancel: (id: string) => http({ method: 'POST', path: at('tasks', id, 'cancel'), answer: taskSchema }),
    },
    tokens: {
      list: (query: Page = {}) =>
        http({ method: 'GET', path: '/tokens', query: page(query), answer: pageSchema(applicationTokenSchema) }),
      /** `token` is in this answer and nowhere else, ever. */
      create: (body: Body<typeof createTokenSchema>, creates: Creating = {}) =>
        http({ method: 'POST', path: '/tokens', body, creates, answer: newTokenSchema }),
      revoke: (id: string) => http({ method: 'DELETE', path: at('tokens', id), answer: anything }),
    },
  };
}
export type ApiClient = ReturnType<typeof createApiClient>;

export type AuditFilter = Omit<z.input<typeof auditQuerySchema>, 'cursor' | 'limit'>;
export type IntegrationFilter = Omit<z.input<typeof integrationQuerySchema>, 'cursor' | 'limit'>;
export interface DeploymentFilter {
  project?: string | undefined;
  environment?: string | undefined;
  status?: DeploymentStatus | undefined;
}
export interface TaskFilter {
  project?: string | undefined;
  status?: TaskStatus | undefined;
  type?: TaskType | undefined;
}
interface EventsQuery {
  afterSeq?: number | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}
