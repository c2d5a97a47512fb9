import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment } from '../../contracts/deployment.ts';
import { SfpError } from '../../contracts/error.ts';
import type { Pool } from '../../contracts/task.ts';
import type { Connection } from '../context/connection.ts';
import type { Output } from '../output/output.ts';
import type { WatchResult } from './outcome.ts';
import { watchToTheEnd } from './watch-deployment.ts';

export interface DeployOptions {
  connection: Connection;
  output: Output;
  signal: AbortSignal;
  /** Id or slug, as the environment. */
  project: string;
  environment: string;
  /** The project's default ref when left out. */
  ref?: string | undefined;
  /** Number or id of a build that is deployed instead of a ref. */
  build?: string | undefined;
  pool?: Pool | undefined;
  /** A ticket that the caller holds; the deployment runs inside its lock. */
  ticket?: string | undefined;
  /** Show lines even on a terminal. */
  plain?: boolean;
}

/** Starts a deployment and follows it to its end. */
export async function deployAndWatch(options: DeployOptions): Promise<WatchResult> {
  const deployment = await startDeployment(options);
  return watchDeployment({ ...options, deployment });
}

/** Follows the newest task of a deployment to its end. */
export async function watchDeployment(
  options: Pick<DeployOptions, 'connection' | 'output' | 'signal' | 'plain'> & { deployment: Deployment },
): Promise<WatchResult> {
  return watchToTheEnd({ ...options, taskId: await taskIdOf(options.connection, options.deployment) });
}

export async function startDeployment(
  options: Pick<DeployOptions, 'connection' | 'project' | 'environment' | 'ref' | 'build' | 'pool' | 'ticket'>,
): Promise<Deployment> {
  const { connection, project, environment, ref, build, pool, ticket } = options;
  return connection.api.deployments.create({
    project,
    environment,
    ...(ref === undefined ? {} : { ref }),
    ...(build === undefined ? {} : { build: /^\d+$/.test(build) ? Number(build) : build }),
    ...(pool === undefined ? {} : { pool }),
    ...(ticket === undefined ? {} : { lockTicket: ticket }),
  });
}

/** A deployment gets its task from a trigger in the same transaction; an answer from before that is asked for again. */
export async function taskIdOf({ api, tenant = '<name>' }: Connection, deployment: Deployment): Promise<string> {
  let current = deployment;
  for (let tries = 0; tries < 20; tries += 1) {
    if (current.taskId !== null) return current.taskId;
    await delay(100);
    current = await api.deployments.get(deployment.id);
  }
  throw new SfpError({
    code: 'deployment_without_task',
    message: 'The deployment was accepted and no task was made for it.',
    detail: `deployment ${deployment.id}`,
    suggestion: `Look at the server: sfp server status -t ${tenant}, sfp server logs -t ${tenant} -s api`,
  });
}
