import type { Integration } from '../../../contracts/integration.ts';

export const statusTone = { active: 'green', empty: 'yellow', disabled: 'dim' } as const satisfies Record<
  Integration['status'],
  string
>;
