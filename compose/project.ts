import { type StackLayout, stackId } from '../stack/layout.ts';

/** Name of the project, which prefixes containers, networks and volumes: two tenants on a host share nothing. */
export const projectName = (tenant: string): string => `sfp-${tenant}`;

/** What the engine calls a volume of compose.yaml. */
export const volumeName = ({ tenant }: Pick<StackLayout, 'tenant'>, volume: string): string =>
  `${projectName(tenant)}_${volume}`;

/** What the engine calls a network of compose.yaml. */
export const networkName = ({ tenant }: Pick<StackLayout, 'tenant'>, network: string): string =>
  `${projectName(tenant)}_${network}`;

export const stackLabel = 'sfp.stack';
const tenantLabel = 'sfp.tenant';
export const helperLabel = 'sfp.helper';
/** On helper containers: the process that started it. */
export const starterLabel = 'sfp.starter';
/** On services only: which settings a container was made with. */
export const configLabel = 'sfp.config';
/** On the container that answers in the place of the gateway. */
export const maintenanceLabel = 'sfp.maintenance';

/**
 * On everything of a stack, so that it is found without any file, and so that a stack of another directory with the same
 * tenant name is told apart. Never more than this: newer releases of Compose take a volume whose labels changed for
 * another one, and offer to make it anew.
 */
export const stackLabels = ({ tenant, dir }: Pick<StackLayout, 'tenant' | 'dir'>): Record<string, string> => ({
  [stackLabel]: stackId(dir),
  [tenantLabel]: tenant,
});
