import type { ApiClient } from '../../client/api/client.ts';
import type { Deployed } from '../../contracts/deployed.ts';
import type { Deployment } from '../../contracts/deployment.ts';

const known = <Value>(result: PromiseSettledResult<Value | undefined>): Value | undefined =>
  result.status === 'fulfilled' ? result.value : undefined;

/**
 * What is deployed, for the head of a watch: the ref; or the release and the build that are taken as they are, and where
 * from. What cannot be read is left out: a title is no reason to fail.
 */
export async function contentText(api: ApiClient, deployment: Deployment): Promise<string> {
  const { origin, ref, buildId, releaseId, sourceDeploymentId } = deployment;
  if (origin === 'ref') return ref;
  const [release, build, source] = await Promise.allSettled([
    releaseId === null ? undefined : api.releases.get(releaseId),
    buildId === null ? undefined : api.builds.get(buildId),
    sourceDeploymentId === null ? undefined : environmentOf(api, sourceDeploymentId),
  ]);
  const number = known(build)?.number;
  const name = known(release)?.name;
  const from = known(source);
  return [
    ...(name === undefined ? [] : [`release ${name}`]),
    number === undefined ? ref : `build ${number} of ${ref}`,
    ...(origin === 'promotion' && from !== undefined ? [`from ${from}`] : []),
    ...(origin === 'rollback' ? ['back to it'] : []),
  ].join(', ');
}

async function environmentOf(api: ApiClient, deploymentId: string): Promise<string> {
  const { environmentId } = await api.deployments.get(deploymentId);
  return (await api.environments.get(environmentId)).slug;
}

/** `release v1.4.0, build 12 of main @ 0a1b2c3d` */
export function deployedText({ release, build, ref, commitSha }: Deployed): string {
  const what = build === null ? ref : `build ${build.number} of ${ref}`;
  const commit = commitSha === null ? '' : ` @ ${commitSha.slice(0, 8)}`;
  return `${release === null ? '' : `release ${release.name}, `}${what}${commit}`;
}
