import type { ControlStatus } from './control-protocol.ts';

/** Services of a running stack that were ended on purpose and are not started by themselves. */
export const heldServices = ({ services }: Pick<ControlStatus, 'services'>): string[] =>
  services.flatMap(({ name, status }) => (status === 'stopping' || status === 'stopped' ? [name] : []));
