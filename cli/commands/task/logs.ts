import { stages } from '../../../contracts/deployment.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { plainText } from '../../watch/plain-text.ts';

const pageSize = 1_000;

export const command = defineCommand({
  description: 'What the steps printed, as far as they have come. To keep following: sfp task watch <id>',
  args: { id: { completes: 'task', summary: 'Task id' } },
  options: {
    stage: { type: 'string', value: 'stage', choices: stages, summary: 'Only this stage' },
    timestamps: { type: 'flag', short: 't', summary: 'The time in front of each line' },
  },
  async run(context) {
    const { args, options, output, signal } = context;
    const { api } = await connect(context);
    let afterSeq = 0;
    const all: { at: string; stage: string | null; stream: string; text: string }[] = [];
    for (;;) {
      const { items, logRemoved } = await api.tasks.events(args.id, { afterSeq, limit: pageSize, signal });
      for (const event of items) {
        afterSeq = event.seq;
        if (event.kind !== 'log' || (options.stage !== undefined && event.data.stage !== options.stage)) continue;
        const { at } = event;
        const lines = event.data.lines.map((line) => ({ at, stage: event.data.stage, ...line }));
        if (output.mode === 'json') all.push(...lines);
        for (const line of lines) {
          output.event('log', line, `${options.timestamps ? `${line.at}  ` : ''}${plainText(line.text)}\n`);
        }
      }
      if (logRemoved) output.warn('The log of this task is no longer kept: it was older than the platform keeps logs.');
      if (items.length < pageSize) break;
    }
    if (output.mode === 'json') output.result(all);
  },
});
