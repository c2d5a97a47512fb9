import {
  type StepRunResult,
  type SubscribeToWorkflowEventsRequest,
  type SubscribeToWorkflowRunsRequest,
  type WorkflowRunEvent,
  WorkflowRunEventType,
} from '@hatchet-dev/typescript-sdk/protoc/dispatcher/dispatcher.js';
import { isUuid } from '../domain/uuid.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { TaskResult } from '../store/run-results.ts';
import { Channel } from '../streams/channel.ts';
import type { FeedMessage } from '../streams/task-feed.ts';

/**
 * One stream on which a client asks for any number of runs and gets each when it is over; at once when it already is (the real engine
 * looks once a second). Ids that do not exist are never answered, as recorded.
 */
export async function* subscribeToRuns(
  parts: EngineParts,
  requests: AsyncIterable<SubscribeToWorkflowRunsRequest>,
  signal: AbortSignal,
): AsyncGenerator<WorkflowRunEvent> {
  const channel = new Channel<WorkflowRunEvent>(signal);
  const stops = new Set<() => void>();
  const reading = (async () => {
    for await (const { workflowRunId } of requests) {
      if (!isUuid(workflowRunId)) continue;
      const stop = parts.runFeed.listen(workflowRunId, (results) => {
        stops.delete(stop);
        channel.push(runEvent(workflowRunId, results));
      });
      stops.add(stop);
    }
    channel.close();
  })().catch((error: unknown) => {
    parts.log.debug({ err: error }, 'a result stream ended');
    channel.close();
  });
  try {
    yield* channel;
  } finally {
    channel.close();
    for (const stop of stops) stop();
    await reading;
  }
}

const runEvent = (workflowRunId: string, results: TaskResult[]): WorkflowRunEvent => ({
  workflowRunId,
  eventType: WorkflowRunEventType.WORKFLOW_RUN_EVENT_TYPE_FINISHED,
  eventTimestamp: new Date(),
  results: results.map((task): StepRunResult => {
    const ids = { taskRunExternalId: task.id, taskName: task.step, jobRunId: task.id };
    // An empty error means cancelled or never started, and makes the SDK's run() resolve: as the real engine.
    return task.status === 'COMPLETED'
      ? { ...ids, output: task.output ?? 'null' }
      : { ...ids, error: task.error ?? '' };
  }),
});

/** The end of a run is visible in the database a moment before its last events are sent here. */
const endGraceMs = 50;

/** The events of one run until it is over; a run that is over already ends the stream at once. */
export async function* subscribeToTaskEvents(
  parts: EngineParts,
  request: SubscribeToWorkflowEventsRequest,
  signal: AbortSignal,
): AsyncGenerator<FeedMessage> {
  const runId = request.workflowRunId ?? '';
  const channel = new Channel<FeedMessage>(signal);
  const unsubscribe = parts.taskFeed.subscribe(runId, channel);
  // Over before it was asked for: nothing will come, so the stream ends.
  const stop = isUuid(runId)
    ? parts.runFeed.listen(runId, () => setTimeout(() => channel.close(), endGraceMs))
    : () => {};
  try {
    yield* channel;
  } finally {
    channel.close();
    stop();
    unsubscribe();
  }
}
