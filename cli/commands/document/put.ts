import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { documentArguments } from './document-arguments.ts';
import { documentValue } from './document-value.ts';

export const command = defineCommand({
  description:
    'The value is JSON, from --file or from stdin. With --if-version only when nobody changed the document since that version, with --if-absent only when there is none; else both versions are shown and nothing happens.',
  args: documentArguments,
  options: {
    file: { type: 'string', value: 'path', short: 'f', summary: 'Read the value from this file, not from stdin' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
    ifAbsent: { type: 'flag', summary: 'Only when there is no such document' },
    ...accountOption,
  },
  examples: [
    'sfp document put build-results site/412 --file result.json',
    `echo '{"status": "ok"}' | sfp document put build-results site/412 --if-version 1`,
  ],
  async run(context) {
    const { args, options, input, output } = context;
    if (options.ifAbsent && options.ifVersion !== undefined) {
      throw new UsageError('It is there or it is not.', 'Give --if-version or --if-absent.');
    }
    const value = await documentValue(input, options.file);
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const version = options.ifAbsent ? 0 : options.ifVersion;
    const document = await connection.api.documents.put(args.collection, args.key, value, { version, accountId });
    output.result(document, `${document.key}  version ${document.version}\n`);
  },
});
