import type { Endpoint } from './http/api.ts';
import { createAccount } from './routes/accounts/create.ts';
import { listAccounts } from './routes/accounts/list.ts';
import { approveDeployment, rejectDeployment } from './routes/approvals/decide.ts';
import { listApprovals } from './routes/approvals/list.ts';
import { createAssociation } from './routes/associations/create.ts';
import { getAssociation } from './routes/associations/get.ts';
import { listAssociations } from './routes/associations/list.ts';
import { removeAssociation } from './routes/associations/remove.ts';
import { updateAssociation } from './routes/associations/update.ts';
import { listAudit } from './routes/audit/list.ts';
import { postLoginCode } from './routes/auth/code.ts';
import { postLogin } from './routes/auth/login.ts';
import { postLogout } from './routes/auth/logout.ts';
import { postRefresh } from './routes/auth/refresh.ts';
import { postToken } from './routes/auth/token.ts';
import { listBuildArtifacts } from './routes/builds/artifacts.ts';
import { cancelBuild } from './routes/builds/cancel.ts';
import { createBuild } from './routes/builds/create.ts';
import { downloadBuildArtifact } from './routes/builds/download.ts';
import { getBuild } from './routes/builds/get.ts';
import { listBuilds } from './routes/builds/list.ts';
import { createCollection } from './routes/collections/create.ts';
import { getCollection } from './routes/collections/get.ts';
import { listCollections } from './routes/collections/list.ts';
import { promoteCollection } from './routes/collections/promote.ts';
import { removeCollection } from './routes/collections/remove.ts';
import { updateCollection } from './routes/collections/update.ts';
import { cancelDeployment } from './routes/deployments/cancel.ts';
import { createDeployment } from './routes/deployments/create.ts';
import { getDeployment } from './routes/deployments/get.ts';
import { listDeployments } from './routes/deployments/list.ts';
import { retryDeployment } from './routes/deployments/retry.ts';
import { getDocument } from './routes/documents/get.ts';
import { listDocuments } from './routes/documents/list.ts';
import { putDocument } from './routes/documents/put.ts';
import { removeDocument } from './routes/documents/remove.ts';
import { listDocumentVersions } from './routes/documents/versions.ts';
import { getLock } from './routes/environment-locks/get.ts';
import { getLockByTicket } from './routes/environment-locks/get-by-ticket.ts';
import { listLocks } from './routes/environment-locks/list.ts';
import { releaseLock } from './routes/environment-locks/release.ts';
import { renewLock } from './routes/environment-locks/renew.ts';
import { takeLock } from './routes/environment-locks/take.ts';
import { createEnvironment } from './routes/environments/create.ts';
import { listDeployed } from './routes/environments/deployed.ts';
import { getEnvironment } from './routes/environments/get.ts';
import { listEnvironments } from './routes/environments/list.ts';
import { updateEnvironment } from './routes/environments/update.ts';
import { getConfig } from './routes/health/config.ts';
import { getHealth } from './routes/health/get.ts';
import { getLive } from './routes/health/live.ts';
import { getVersion } from './routes/health/version.ts';
import { createIntegration } from './routes/integrations/create.ts';
import { getIntegration } from './routes/integrations/get.ts';
import { listIntegrations } from './routes/integrations/list.ts';
import { removeIntegration } from './routes/integrations/remove.ts';
import { setIntegrationSecret } from './routes/integrations/set-secret.ts';
import { updateIntegration } from './routes/integrations/update.ts';
import { acceptInvitation } from './routes/invitations/accept.ts';
import { createInvitation } from './routes/invitations/create.ts';
import { listInvitations } from './routes/invitations/list.ts';
import { previewInvitation } from './routes/invitations/preview.ts';
import { resendInvitation } from './routes/invitations/resend.ts';
import { revokeInvitation } from './routes/invitations/revoke.ts';
import { signUpInvited } from './routes/invitations/sign-up.ts';
import { getLoginPage } from './routes/login/page.ts';
import { postLoginPage } from './routes/login/submit.ts';
import { getMe } from './routes/me/get.ts';
import { getMember } from './routes/members/get.ts';
import { listMembers } from './routes/members/list.ts';
import { removeMember } from './routes/members/remove.ts';
import { updateMember } from './routes/members/update.ts';
import { createProject } from './routes/projects/create.ts';
import { getProject } from './routes/projects/get.ts';
import { listProjects } from './routes/projects/list.ts';
import { updateProject } from './routes/projects/update.ts';
import { createPromotion } from './routes/promotions/create.ts';
import { abortRelease } from './routes/releases/abort.ts';
import { getReleaseChangelog } from './routes/releases/changelog.ts';
import { createRelease } from './routes/releases/create.ts';
import { deployRelease } from './routes/releases/deploy.ts';
import { listReleaseDeployments } from './routes/releases/deployments.ts';
import { finalizeRelease } from './routes/releases/finalize.ts';
import { getRelease } from './routes/releases/get.ts';
import { listReleases } from './routes/releases/list.ts';
import { removeReleaseBuild } from './routes/releases/remove-build.ts';
import { setReleaseBuild } from './routes/releases/set-build.ts';
import { updateRelease } from './routes/releases/update.ts';
import { createRollback } from './routes/rollbacks/create.ts';
import { createSchedule } from './routes/schedules/create.ts';
import { getSchedule } from './routes/schedules/get.ts';
import { listSchedules } from './routes/schedules/list.ts';
import { removeSchedule } from './routes/schedules/remove.ts';
import { runSchedule } from './routes/schedules/run.ts';
import { listScheduleRuns } from './routes/schedules/runs.ts';
import { updateSchedule } from './routes/schedules/update.ts';
import { getAccountSettings, updateAccountSettings } from './routes/settings/account-settings.ts';
import { getProjectSettings, updateProjectSettings } from './routes/settings/project-settings.ts';
import { cancelTask } from './routes/tasks/cancel.ts';
import { listTaskEvents } from './routes/tasks/events.ts';
import { getTask } from './routes/tasks/get.ts';
import { listTasks } from './routes/tasks/list.ts';
import { createToken } from './routes/tokens/create.ts';
import { listTokens } from './routes/tokens/list.ts';
import { revokeToken } from './routes/tokens/revoke.ts';

/** Every route of the API below /api/v1 but its document and the database's own call. */
export const endpoints: readonly Endpoint[] = [
  getLive,
  getHealth,
  getVersion,
  getConfig,
  postLogin,
  postLoginCode,
  getLoginPage,
  postLoginPage,
  postRefresh,
  postToken,
  postLogout,
  getMe,
  listAccounts,
  createAccount,
  listMembers,
  getMember,
  updateMember,
  removeMember,
  listInvitations,
  createInvitation,
  resendInvitation,
  revokeInvitation,
  previewInvitation,
  acceptInvitation,
  signUpInvited,
  listProjects,
  createProject,
  getProject,
  updateProject,
  getAccountSettings,
  updateAccountSettings,
  getProjectSettings,
  updateProjectSettings,
  listAssociations,
  createAssociation,
  getAssociation,
  updateAssociation,
  removeAssociation,
  listEnvironments,
  createEnvironment,
  getEnvironment,
  listDeployed,
  updateEnvironment,
  listLocks,
  takeLock,
  getLock,
  renewLock,
  releaseLock,
  getLockByTicket,
  listIntegrations,
  createIntegration,
  getIntegration,
  updateIntegration,
  removeIntegration,
  setIntegrationSecret,
  listCollections,
  createCollection,
  getCollection,
  updateCollection,
  removeCollection,
  promoteCollection,
  listDocuments,
  getDocument,
  putDocument,
  removeDocument,
  listDocumentVersions,
  listBuilds,
  createBuild,
  getBuild,
  cancelBuild,
  listBuildArtifacts,
  downloadBuildArtifact,
  listDeployments,
  createDeployment,
  getDeployment,
  cancelDeployment,
  retryDeployment,
  createPromotion,
  createRollback,
  listReleases,
  createRelease,
  getRelease,
  updateRelease,
  setReleaseBuild,
  removeReleaseBuild,
  finalizeRelease,
  abortRelease,
  getReleaseChangelog,
  listReleaseDeployments,
  deployRelease,
  listApprovals,
  approveDeployment,
  rejectDeployment,
  listSchedules,
  createSchedule,
  getSchedule,
  updateSchedule,
  removeSchedule,
  runSchedule,
  listScheduleRuns,
  listTasks,
  getTask,
  listTaskEvents,
  cancelTask,
  listTokens,
  createToken,
  revokeToken,
  listAudit,
];
