import type { ListedDocument } from '../../../contracts/document.ts';
import { documentFilterTextSchema } from '../../../contracts/document-filter.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { UsageError } from '../../usage-error.ts';
import { collectionArgument } from '../collection/collection-options.ts';

function containedOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new UsageError(`${text} is no JSON object or array.`, `Write it as in --contains '{"status": "failed"}'.`);
}

function requireFilter(text: string): void {
  if (documentFilterTextSchema.safeParse(text).success) return;
  throw new UsageError(`${text} is no filter.`, `Write it as in --where status=failed or --where 'build.number>=7'.`);
}

export const command = defineCommand({
  description:
    'Filters that are given several times all hold. A value is a number, true, false or null when it looks like one, else a text; in double quotes it is a text in any case.',
  args: { collection: collectionArgument },
  options: {
    where: { type: 'list', value: 'path=value', short: 'w', summary: 'Only where a field is so: = != > >= < <=' },
    contains: { type: 'string', value: 'json', summary: 'Only what contains this object or array' },
    prefix: { type: 'string', value: 'text', summary: 'Only keys that begin so' },
    order: {
      type: 'string',
      value: 'order',
      choices: ['key', 'updated'],
      default: 'key',
      summary: 'By key, or the last changed first',
    },
    values: { type: 'flag', summary: 'With the values' },
    ...accountOption,
    ...pageOptions,
  },
  examples: [
    `sfp document list build-results --where status=failed --where 'size>10'`,
    'sfp document list build-results --prefix site/ --order updated --limit 10',
  ],
  async run(context) {
    const { args, options, output } = context;
    const { where, prefix, order, values, limit } = options;
    where.forEach(requireFilter);
    const contains = options.contains === undefined ? undefined : containedOf(options.contains);
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const filter = { where, contains, prefix, order, values, accountId };
    const list = connection.api.documents.list;
    const documents = await listPages((page) => list(args.collection, { ...filter, ...page }), limit);
    output.result(
      documents,
      table(
        [
          { title: 'key', value: ({ key }) => key },
          { title: 'version', value: ({ version }) => String(version) },
          { title: 'bytes', value: ({ bytes }) => String(bytes) },
          { title: 'updated', value: ({ updatedAt }) => updatedAt.slice(0, 19).replace('T', ' ') },
          ...(values ? [{ title: 'value', value: ({ value }: ListedDocument) => JSON.stringify(value) ?? '' }] : []),
        ],
        documents,
        'No such documents.',
      ),
    );
  },
});
