import { environmentCategories } from '../../../contracts/project.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';

export const command = defineCommand({
  args: { slug: { summary: 'Short name: lower-case letters, digits, hyphens' } },
  options: {
    project: { type: 'string', value: 'slug', short: 'p', required: true, summary: 'Project, by slug or id' },
    category: {
      type: 'string',
      value: 'category',
      choices: environmentCategories,
      default: 'dev',
      summary: 'What it is for',
    },
    name: { type: 'string', value: 'text', summary: 'Name for people' },
    variable: {
      type: 'list',
      value: 'NAME=value',
      summary: 'A variable for every step; several times. Never a secret',
    },
  },
  examples: ['sfp environment create production --project site --category production --variable TARGET=/srv/site'],
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    const environment = await api.environments.create(options.project, {
      slug: args.slug,
      category: options.category,
      variables: Object.fromEntries(options.variable.map(pairOf)),
      ...(options.name === undefined ? {} : { name: options.name }),
    });
    output.result(environment, `${environment.slug}  ${environment.id}\n`);
    output.hint(`Deploy to it: sfp deploy --project ${options.project} --environment ${environment.slug}`);
  },
});

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`--variable ${text} has no value.`, 'Write it as NAME=value.');
}
