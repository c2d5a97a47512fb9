import { setTimeout as delay } from 'node:timers/promises';
import type { Collection } from '../../../contracts/document.ts';
import { collectionIndexSchema } from '../../../contracts/document.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { collectionArgument } from './collection-options.ts';

const askEveryMs = 500;

/** `status` or `build.number:number`. */
function indexOf(text: string): Collection['indexes'][number] {
  const [path, type = 'text', ...more] = text.split(':');
  const index = collectionIndexSchema.safeParse({ path, type });
  if (index.success && more.length === 0) return index.data;
  throw new UsageError(
    `${text} is no index.`,
    'Give a path of names with dots, and number after a colon when it holds numbers: --index build.number:number',
  );
}

export const command = defineCommand({
  description:
    'For a collection of very many documents: it gets a table of its own, with an index for each field that documents are found by. It is read and written meanwhile as ever, and afterwards too. The server does it by itself, also when it is restarted on the way; there is no way back. Ctrl-C leaves it going on.',
  args: { collection: collectionArgument },
  options: {
    index: {
      type: 'list',
      value: 'path[:number]',
      summary: 'A field that documents are found by, text unless it says number; may be given several times',
    },
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    ...accountOption,
  },
  examples: ['sfp collection promote build-results --index status --index build.number:number'],
  async run(context) {
    const { args, options, output, signal } = context;
    const indexes = options.index.map(indexOf);
    const connection = await connect(context);
    const { collections } = connection.api;
    const accountId = await accountIdOf(connection, options.account);
    let collection = await collections.promote(args.collection, { indexes }, { accountId });
    const { id, name } = collection;
    if (!options.detach) {
      output.step(`Moving ${name}`, 'running');
      while (collection.storage !== 'dedicated') {
        await delay(askEveryMs, undefined, { signal });
        collection = await collections.get(id);
      }
      output.step(`Moving ${name}`, 'done');
    }
    output.result(collection, `${name}  ${collection.storage}\n`);
    if (options.detach) output.hint(`See how far it is: sfp collection get ${name}`);
  },
});
