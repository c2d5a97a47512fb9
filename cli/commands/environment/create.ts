import { environmentCategories } from '../../../contracts/project.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { branchPatternOption } from './branch-pattern-option.ts';
import { credentialOf, credentialOption } from './credential-option.ts';
import { variableOf } from './variable-of.ts';

export const command = defineCommand({
  args: { slug: { summary: 'Short name: lower-case letters, digits, hyphens' } },
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
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
    credential: credentialOption,
    branchPattern: branchPatternOption,
  },
  examples: ['sfp environment create production --project site --category production --variable TARGET=/srv/site'],
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    const environment = await api.environments.create(options.project, {
      slug: args.slug,
      category: options.category,
      variables: Object.fromEntries(options.variable.map((text) => variableOf(text))),
      credentials: Object.fromEntries(options.credential.map(credentialOf)),
      ...(options.branchPattern === undefined ? {} : { branchPattern: options.branchPattern }),
      ...(options.name === undefined ? {} : { name: options.name }),
    });
    output.result(environment, `${environment.slug}  ${environment.id}\n`);
    output.hint(`Deploy to it: sfp deploy --project ${options.project} --environment ${environment.slug}`);
  },
});
