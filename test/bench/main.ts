// `npm run bench [-- topic …]`: figures of the built product on this machine, as tables. Starts its own stacks in a temporary
// home and removes them, also when it is interrupted or something fails.
import { Home } from '../e2e/support/home.ts';
import { type BenchStack, createBenchStack } from './support/bench-stack.ts';
import { cleanUp, interrupted } from './support/clean-up.ts';
import { load, machine } from './support/machine.ts';
import { gatedProjectFile } from './support/project-file.ts';
import { printNote } from './support/table.ts';
import { documents } from './topics/documents.ts';
import { enqueueToStart } from './topics/enqueue.ts';
import { growth } from './topics/growth.ts';
import { liveFeed } from './topics/live-feed.ts';
import { memory } from './topics/memory.ts';
import { requests } from './topics/requests.ts';
import { startUp } from './topics/start-up.ts';

/** In this order: memory is that of a stack nobody has used yet. */
const onOneStack: Record<string, (stack: BenchStack) => Promise<void>> = {
  memory,
  feed: liveFeed,
  enqueue: enqueueToStart,
  requests,
  documents,
  // The last one: it leaves ten million events behind.
  growth,
};
const topics = ['start', ...Object.keys(onOneStack)];

const asked = process.argv.slice(2);
const unknown = asked.filter((topic) => !topics.includes(topic));
if (unknown.length > 0) {
  console.error(`No such topic: ${unknown.join(', ')}. There are: ${topics.join(', ')}.`);
  process.exit(2);
}
const wanted = (topic: string): boolean => asked.length === 0 || asked.includes(topic);

const home = new Home();
let cleaning: Promise<void> | undefined;
const clean = (): Promise<void> => {
  cleaning ??= cleanUp(home);
  return cleaning;
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error('interrupted: removing what was started');
    interrupted.abort();
    clean()
      .catch((error: unknown) => console.error(error))
      .finally(() => process.exit(130));
  });
}

try {
  printNote(`Machine: ${machine()}. Load when it began (1, 5, 15 minutes): ${load()}.`);
  if (wanted('start')) await startUp(home);
  const rest = Object.entries(onOneStack).filter(([topic]) => wanted(topic));
  if (rest.length > 0) {
    const stack = await createBenchStack(home, 'bench', gatedProjectFile);
    for (const [, measure] of rest) await measure(stack);
  }
  printNote(`Load at the end: ${load()}.`);
} catch (error) {
  if (cleaning === undefined) console.error(error);
  process.exitCode = 1;
} finally {
  await clean();
}
// Sockets that a library keeps open must not keep the process.
process.exit();
