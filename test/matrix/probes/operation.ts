import { approvedDeployment } from '../calls.ts';
import { ofAccount, type Probe } from './probe.ts';

export const operation = {
  'GET /deployments': (world) => ({ item: ofAccount(world) }),
  'POST /deployments': (world) => ({ body: { project: world.project, environment: world.environment } }),
  'GET /deployments/{id}': (world) => ({ path: `/deployments/${world.deployment.id}` }),
  'POST /deployments/{id}/cancel': async (world) => ({
    path: `/deployments/${(await world.newDeployment()).id}/cancel`,
  }),
  'POST /deployments/{id}/retry': async (world) => {
    const { id, task_id } = await world.newDeployment();
    const { error } = await world.stack.service.rpc('cancel_task', { p_task_id: task_id });
    if (error !== null) throw error;
    return { path: `/deployments/${id}/retry` };
  },
  'GET /deployments/{id}/approvals': async (world) => {
    const id = await approvedDeployment(world);
    return { path: `/deployments/${id}/approvals`, item: ({ deploymentId }) => deploymentId === id };
  },
  'POST /deployments/{id}/approve': async (world) => ({
    path: `/deployments/${(await world.newWaitingDeployment()).id}/approve`,
    body: {},
  }),
  'POST /deployments/{id}/reject': async (world) => ({
    path: `/deployments/${(await world.newWaitingDeployment()).id}/reject`,
    body: { comment: 'no' },
  }),
  'GET /tasks': (world) => ({ item: ofAccount(world) }),
  'GET /tasks/{id}': (world) => ({ path: `/tasks/${world.task}` }),
  'GET /tasks/{id}/events': (world) => ({ path: `/tasks/${world.deployment.task_id}/events`, item: () => true }),
  'POST /tasks/{id}/cancel': async (world) => ({ path: `/tasks/${await world.newTask()}/cancel` }),
} satisfies Record<string, Probe>;
