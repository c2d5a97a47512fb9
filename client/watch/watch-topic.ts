import type { TaskEventsPayload, TopicKind } from '../../contracts/topic.ts';
import type { RealtimeOptions } from './realtime-source.ts';
import { openTopic } from './realtime-source.ts';
import { UpdateQueue } from './update-queue.ts';

export type TopicUpdate =
  /** Joined, for the first time or again: read over the API what you show, what came before is not repeated here. */
  { type: 'joined' } | { type: 'lost' } | { type: 'batch'; batch: TaskEventsPayload };

/**
 * What happens to all tasks of an account, a project or an environment, as it happens. Not gap-free, and says so with
 * `joined`: for lists that are read anew then. For every event of one task see `watchTask`.
 */
export async function* watchTopic(
  options: RealtimeOptions & { kind: TopicKind; id: string; signal?: AbortSignal },
): AsyncGenerator<TopicUpdate> {
  const queue = new UpdateQueue<TopicUpdate>();
  const end = (): void => queue.end();
  options.signal?.addEventListener('abort', end, { once: true });
  const close = openTopic({
    ...options,
    presence: false,
    handlers: {
      joined: () => queue.push({ type: 'joined' }),
      lost: () => queue.push({ type: 'lost' }),
      batch: (batch) => queue.push({ type: 'batch', batch }),
      watchers: () => undefined,
    },
  });
  if (options.signal?.aborted === true) end();
  try {
    yield* queue.read();
  } finally {
    options.signal?.removeEventListener('abort', end);
    await close();
  }
}
