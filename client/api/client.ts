import { meSchema } from '../../contracts/api/auth.ts';
import { clientConfigSchema, healthSchema, versionSchema } from '../../contracts/api/health.ts';
import type { HttpOptions } from './http.ts';
import { createHttp } from './http.ts';
import { anything } from './request.ts';
import { accounts } from './resources/account.ts';
import { approvals } from './resources/approval.ts';
import { associations } from './resources/association.ts';
import { audit } from './resources/audit.ts';
import { builds } from './resources/build.ts';
import { collections } from './resources/collection.ts';
import { deployments } from './resources/deployment.ts';
import { documents } from './resources/document.ts';
import { environments } from './resources/environment.ts';
import { locks } from './resources/environment-lock.ts';
import { integrations } from './resources/integration.ts';
import { invitations } from './resources/invitation.ts';
import { members } from './resources/member.ts';
import { projects } from './resources/project.ts';
import { releases } from './resources/release.ts';
import { schedules } from './resources/schedule.ts';
import { settings } from './resources/settings.ts';
import { tasks } from './resources/task.ts';
import { tokens } from './resources/token.ts';

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
    accounts: accounts(http),
    members: members(http),
    invitations: invitations(http),
    audit: audit(http),
    projects: projects(http),
    environments: environments(http),
    settings: settings(http),
    associations: associations(http),
    locks: locks(http),
    integrations: integrations(http),
    collections: collections(http),
    documents: documents(http),
    builds: builds(http, options),
    deployments: deployments(http),
    releases: releases(http),
    approvals: approvals(http),
    schedules: schedules(http),
    tasks: tasks(http),
    tokens: tokens(http),
  };
}
export type ApiClient = ReturnType<typeof createApiClient>;
