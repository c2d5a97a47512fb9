import { environmentCategories } from '../../../contracts/project.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { branchPatternOption } from './branch-pattern-option.ts';
import { credentialOf, credentialOption } from './credential-option.ts';
import { findEnvironment } from './find-environment.ts';
import { variableOf } from './variable-of.ts';

export const command = defineCommand({
  description:
    'What is not named stays, other variables too. When somebody else changed the environment meanwhile, nothing happens and both versions are shown.',
  args: { environment: { completes: 'environment', summary: 'Id, or slug together with --project' } },
  options: {
    project: { type: 'string', value: 'slug', completes: 'project', short: 'p', summary: 'Project, by slug or id' },
    variable: { type: 'list', value: 'NAME=value', summary: 'Set a variable; several times. Never a secret' },
    credential: credentialOption,
    unset: { type: 'list', value: 'NAME', summary: 'Remove a variable, secret or not; several times' },
    category: { type: 'string', value: 'category', choices: environmentCategories, summary: 'What it is for' },
    branchPattern: branchPatternOption,
    name: { type: 'string', value: 'text', summary: 'Name for people' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
  },
  examples: ['sfp environment update production --project site --variable TARGET=/srv/site --unset DEBUG'],
  async run(context) {
    const { args, options, output } = context;
    const { variable, credential, unset, category, branchPattern, name, ifVersion } = options;
    const set = variable.map((text) => variableOf(text));
    const setCredentials = credential.map(credentialOf);
    const variablesChange = set.length > 0 || unset.length > 0;
    const credentialsChange = setCredentials.length > 0 || unset.length > 0;
    const said = [category, branchPattern, name].some((value) => value !== undefined);
    if (!variablesChange && !credentialsChange && !said) {
      throw new UsageError(
        'Nothing to change.',
        'Name one of --variable, --credential, --unset, --category, --branch-pattern, --name.',
      );
    }
    const connection = await connect(context);
    const before = await findEnvironment(connection, args.environment, options.project, 'update');
    const unknown = unset.find((key) => !Object.hasOwn({ ...before.variables, ...before.credentials }, key));
    if (unknown !== undefined) {
      throw new UsageError(
        `There is no variable ${unknown} to unset.`,
        `See which there are: sfp environment get ${before.id}`,
      );
    }
    const kept = (values: Record<string, string>) => Object.entries(values).filter(([key]) => !unset.includes(key));
    const environment = await connection.api.environments.update(
      before.id,
      {
        ...(variablesChange ? { variables: Object.fromEntries([...kept(before.variables), ...set]) } : {}),
        ...(credentialsChange
          ? { credentials: Object.fromEntries([...kept(before.credentials), ...setCredentials]) }
          : {}),
        ...(category === undefined ? {} : { category }),
        ...(branchPattern === undefined ? {} : { branchPattern: branchPattern === '' ? null : branchPattern }),
        ...(name === undefined ? {} : { name }),
      },
      { version: ifVersion ?? before.version },
    );
    output.result(environment, `${environment.slug}  version ${environment.version}\n`);
    output.hint('Deployments that are made from now on use it.');
  },
});
