import { randomBytes } from 'node:crypto';
import { invitationHash, newInvitationCode } from '../../contracts/invitation.ts';
import type { CallName } from '../../contracts/permissions/calls.ts';
import type { Actor } from '../../contracts/permissions/rule.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { newCollection, newDocument } from './samples/documents.ts';
import { newDeployableBuild, newDeployed, newDeployedRelease, newRelease, releaseName } from './samples/releases.ts';
import { askRest } from './tables.ts';
import type { World } from './world.ts';

type Arguments = Record<string, unknown>;

const name = (): string => `c-${randomBytes(6).toString('hex')}`;
const address = (): string => `${name()}@example.test`;
const issued = () => ({
  p_hint: 'sfp_inv_abcd',
  p_hash: invitationHash(newInvitationCode()),
  p_expires_at: new Date(Date.now() + 86_400_000).toISOString(),
});

/** With somebody's approval. */
export async function approvedDeployment(world: World): Promise<string> {
  const { id } = await world.newWaitingDeployment();
  await world.insert(
    `insert into public.deployment_approvals (account_id, deployment_id, user_id, decision)
     values ($1, $2, $3, 'approved') returning id`,
    [world.account, id, world.people.admin.id],
  );
  return id;
}

/** What each function is called with. */
export const callSamples: Record<CallName, (world: World, actor: Actor) => Promise<Arguments> | Arguments> = {
  platform_schema: () => ({}),
  create_account: () => ({ p_slug: name(), p_name: 'New' }),
  list_members: (world) => ({ p_account_id: world.account }),
  create_application_token: (world) => ({
    p_account_id: world.account,
    p_name: 'new',
    p_hint: 'sfp_at_abcd',
    p_hash: invitationHash(name()),
  }),
  revoke_application_token: async (world) => ({ p_id: await world.newToken() }),
  create_invitation: (world) => ({ p_account_id: world.account, p_email: address(), p_role: 'viewer', ...issued() }),
  resend_invitation: async (world) => ({
    p_id: (await world.newInvitation(world.account, address())).id,
    ...issued(),
  }),
  revoke_invitation: async (world) => ({ p_id: (await world.newInvitation(world.account, address())).id }),
  accept_invitation: async (world, actor) => {
    const { email } = Object.entries(world.people).find(([person]) => person === actor)?.[1] ?? world.people.owner;
    return { p_hash: invitationHash((await world.newInvitation(await world.twinAccount(), email)).code) };
  },
  put_document: async (world) => ({ ...(await newDocument(world)), p_value: { a: 2 } }),
  delete_document: newDocument,
  get_document: newDocument,
  list_documents: async (world) => ({ p_collection_id: (await newDocument(world)).p_collection_id }),
  list_document_versions: newDocument,
  promote_collection: async (world) => ({ p_id: await newCollection(world) }),
  set_integration_secret: async (world) => ({ p_id: await world.newIntegration(), p_value: 'a new secret' }),
  run_schedule: async (world) => ({ p_id: await world.newSchedule() }),
  search_deployments: (world) => ({ p_project_id: world.project, p_query: 'main' }),
  search_tasks: (world) => ({ p_project_id: world.project, p_query: 'main' }),
  environment_lock: async (world, actor) => ({ p_ticket: await world.newLock(actor) }),
  environment_locks: async (world, actor) => {
    await world.newLock(actor);
    return { p_environment_id: world.environment };
  },
  take_environment_lock: (world) => ({ p_environment_id: world.environment }),
  renew_environment_lock: async (world, actor) => ({ p_ticket: await world.newLock(actor) }),
  release_environment_lock: async (world, actor) => ({ p_ticket: await world.newLock(actor) }),
  decide_deployment: async (world) => ({
    p_deployment_id: (await world.newWaitingDeployment()).id,
    p_decision: 'approved',
  }),
  list_approvals: async (world) => ({ p_deployment_id: await approvedDeployment(world) }),
  create_release: (world) => ({ p_account_id: world.account, p_name: releaseName() }),
  set_release_build: async (world) => ({
    p_release_id: await newRelease(world),
    p_build_id: await newDeployableBuild(world),
  }),
  remove_release_build: async (world) => ({ p_release_id: await newRelease(world), p_project_id: world.project }),
  finalize_release: async (world) => ({ p_release_id: await newDeployedRelease(world) }),
  abort_release: async (world) => ({ p_release_id: await newRelease(world) }),
  deploy_release: async (world) => ({ p_release_id: await newRelease(world), p_environment: 'dev' }),
  promote_deployment: async (world) => ({
    p_from: (await newDeployed(world)).id,
    p_to: world.environment,
    p_again: true,
  }),
  rollback_deployment: async (world) => ({ p_environment_id: (await newDeployed(world)).id }),
  cancel_task: async (world) => ({ p_task_id: await world.newTask() }),
  retry_deployment: async (world) => {
    const { id, task_id } = await world.newDeployment();
    const { error } = await world.stack.service.rpc('cancel_task', { p_task_id: task_id });
    if (error !== null) throw error;
    return { p_deployment_id: id };
  },
};

export async function tryCall(world: World, call: CallName, actor: Actor): Promise<Outcome> {
  const args = await callSamples[call](world, actor);
  const { status, body } = await askRest(world, actor, { verb: 'insert', table: `rpc/${call}`, body: args });
  return outcomeOf(status, body, !Array.isArray(body) || body.length > 0);
}
