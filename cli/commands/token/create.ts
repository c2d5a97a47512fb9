import { tokenScopes } from '../../../contracts/application-token.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';

export const command = defineCommand({
  description:
    'The token is printed once and kept nowhere: only its hash is stored. It may do what its scope says, and never more than you: read, deploy (like a member), manage (like an admin), full. People are managed by people, with no token.',
  args: { name: { summary: 'What it is for' } },
  options: {
    expires: {
      type: 'string',
      value: 'when',
      summary: 'A date, or a time from now such as 90d or 12h; never when left out',
    },
    scope: { type: 'string', value: 'scope', choices: tokenScopes, default: 'full', summary: 'The most it may do' },
  },
  examples: ['sfp token create ci --scope deploy --expires 90d'],
  async run(context) {
    const { args, options, output } = context;
    const { api, accountId } = await connect(context);
    const created = await api.tokens.create({
      name: args.name,
      scope: options.scope,
      ...(accountId === undefined ? {} : { accountId }),
      ...(options.expires === undefined ? {} : { expiresAt: momentOf(options.expires, Date.now()) }),
    });
    output.result(created, `${created.token}\n`);
    output.hint('Keep it now: it is not shown again. Use it as SFP_TOKEN together with SFP_URL.');
  },
});

const unitMs: Record<string, number> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** ISO time of `90d`, `12h`, `4w` from `now`, or of a date. */
export function momentOf(text: string, now: number): string {
  const [, count, unit = ''] = /^(\d+)([hdw])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : now + Number(count) * (unitMs[unit] ?? 0);
  if (Number.isFinite(time) && time > now) return new Date(time).toISOString();
  throw new UsageError(`--expires ${text} is no time to come.`, 'Write 90d, 12h, 4w or a date such as 2027-01-31.');
}
