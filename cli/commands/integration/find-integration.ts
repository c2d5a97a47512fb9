import { SfpError } from '../../../contracts/error.ts';
import type { Integration } from '../../../contracts/integration.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import type { Connection } from '../../context/connection.ts';
import { listPages } from '../../context/list-pages.ts';

export const integrationArgument = { integration: { completes: 'integration', summary: 'Name or id' } } as const;

/** Where a name is looked up. */
export const placeOptions = {
  project: {
    type: 'string',
    value: 'slug',
    completes: 'project',
    short: 'p',
    summary: 'The one of this project, by slug or id',
  },
  environment: {
    type: 'string',
    value: 'slug',
    completes: 'environment',
    short: 'e',
    summary: 'The one of this environment, by slug or id',
  },
  ...accountOption,
} as const;

interface Place {
  project: string | undefined;
  environment: string | undefined;
  account: string | undefined;
}

/** The integration with this id; or with this name, of the environment or the project that is named, else of the account. */
export async function findIntegration(
  connection: Connection,
  nameOrId: string,
  { project, environment, account }: Place,
): Promise<Integration> {
  const { integrations } = connection.api;
  if (uuidSchema.safeParse(nameOrId).success) return integrations.get(nameOrId);
  const accountId = await accountIdOf(connection, account);
  const filter = { name: nameOrId, accountId, project, environment };
  const scope = environment !== undefined ? 'environment' : project !== undefined ? 'project' : 'account';
  const found = await listPages((page) => integrations.list({ ...filter, ...page }), 1_000);
  const [first, second] = found.filter((integration) => integration.scope === scope);
  if (second !== undefined) {
    throw new SfpError({
      code: 'integration_ambiguous',
      message: `More than one of your accounts has an integration ${nameOrId}.`,
      suggestion: 'Say of which account: --account <slug>',
    });
  }
  if (first !== undefined) return first;
  throw new SfpError({
    code: 'integration_not_found',
    message: `The ${scope} has no integration ${nameOrId}.`,
    suggestion:
      found.length > 0
        ? 'There is one of that name elsewhere: say where with --project <slug>, and --environment <slug>.'
        : 'List them: sfp integration list',
  });
}
