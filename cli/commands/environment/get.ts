import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';
import { deployedWords, requesterOf } from './deployed-words.ts';
import { findEnvironment } from './find-environment.ts';
import { heldText } from './lock-view.ts';
import { namesOf, protectionWords } from './protection-words.ts';

export const command = defineCommand({
  args: { environment: { completes: 'environment', summary: 'Id, or slug together with --project' } },
  options: {
    project: { type: 'string', value: 'slug', completes: 'project', short: 'p', summary: 'Project, by slug or id' },
  },
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const environment = await findEnvironment(connection, args.environment, options.project, 'get');
    const { accountId, protection, branchPattern } = environment;
    const nameOf = await namesOf(connection, accountId, [protection.approvers, protection.deployers]);
    const person = await requesterOf(connection, environment);
    output.result(
      environment,
      fields([
        ['slug', environment.slug],
        ['name', environment.name],
        ['id', environment.id],
        ['category', environment.category],
        ['branch', branchPattern],
        ...protectionWords(protection, nameOf),
        ...Object.entries(environment.variables).map(([name, value]) => [`$${name}`, value] as const),
        ...Object.entries(environment.credentials).map(([name, of]) => [`$${name}`, `(secret) ${of}`] as const),
        ...deployedWords(environment.deployed ?? null, person),
        ['locked', environment.lock == null ? null : heldText(environment.lock)],
        ['version', String(environment.version)],
        ['created', environment.createdAt],
      ]),
    );
  },
});
