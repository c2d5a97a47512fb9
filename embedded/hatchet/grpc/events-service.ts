import type {
  EventsServiceImplementation,
  PushEventRequest,
} from '@hatchet-dev/typescript-sdk/protoc/events/events.js';
import { jsonTextProblem } from '../domain/json-text.ts';
import { isUuid } from '../domain/uuid.ts';
import { validationText } from '../domain/validation.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { PushedEvent } from '../scheduling/trigger.ts';
import type { NewEvent } from '../store/events.ts';
import { insertLogLine } from '../store/logs.ts';
import { readTask } from '../store/task-reads.ts';
import { invalid, invalidRequest, taskNotFound, unimplemented } from './refusals.ts';
import { parseMetadata } from './run-request.ts';

const maxEvents = 1000;
const maxLogCharacters = 10_000;
const logLevels = ['INFO', 'ERROR', 'WARN', 'DEBUG'];

/** EventsService: events, log lines and stream chunks. */
export const eventsService = (parts: EngineParts): EventsServiceImplementation => {
  const taskOf = async (id: string) => {
    const task = isUuid(id) ? await readTask(parts.pool, id) : undefined;
    if (task === undefined) throw taskNotFound(id);
    return task;
  };
  const answer = (request: PushEventRequest, event: NewEvent | undefined) => ({
    tenantId: parts.tenantId,
    eventId: event?.id,
    key: request.key,
    payload: request.payload,
    eventTimestamp: event?.createdAt,
    additionalMetadata: request.additionalMetadata,
  });

  return {
    async push(request) {
      const [event] = await parts.trigger.events([toEvent(request)]);
      return answer(request, event);
    },

    async bulkPush(request) {
      if (request.events.length === 0) throw invalid('No events to ingest');
      if (request.events.length > maxEvents)
        throw invalidRequest(`too many events - ${request.events.length} is over maximum (${maxEvents})`);
      const events = await parts.trigger.events(request.events.map(toEvent));
      return { events: request.events.map((item, index) => answer(item, events[index])) };
    },

    async replaySingleEvent() {
      throw unimplemented('ReplaySingleEvent');
    },

    async putLog(request) {
      const level = request.level ?? 'INFO';
      const findings: [string, string][] = [];
      if (request.message.length > maxLogCharacters)
        findings.push(['Message', `on condition 'max' [ ${maxLogCharacters} ]: got '${request.message}'`]);
      if (!logLevels.includes(level))
        findings.push(['Level', `on condition 'oneof' [ ${logLevels.join(' ')} ]: got '${level}'`]);
      const task = await taskOf(request.taskRunExternalId);
      const metadata = request.metadata === '' ? '{}' : request.metadata;
      if (jsonTextProblem(metadata, 'metadata') !== undefined)
        throw invalid(`Invalid metadata JSON: ${goJsonProblem(metadata)}`);
      if (findings.length > 0) throw invalidRequest(validationText('CreateLogLineOpts', findings));
      await insertLogLine(parts.pool, {
        taskId: request.taskRunExternalId,
        level,
        message: request.message,
        metadata,
        retryCount: request.taskRetryCount ?? task.retryCount,
        createdAt: request.createdAt ?? new Date(),
      });
      return {};
    },

    async putStreamEvent(request) {
      const task = await taskOf(request.taskRunExternalId);
      parts.taskFeed.chunk(
        task.runId,
        request.taskRunExternalId,
        Buffer.from(request.message).toString('utf8'),
        request.eventIndex,
        request.createdAt ?? new Date(),
      );
      return {};
    },
  };
};

const toEvent = (request: PushEventRequest): PushedEvent => {
  const problem = jsonTextProblem(request.payload, 'payload');
  if (problem !== undefined) throw invalidRequest(problem);
  return {
    key: request.key,
    payload: request.payload,
    metadata: parseMetadata(request.additionalMetadata),
    scope: request.scope,
    priority: request.priority,
  };
};

/** What Go's decoder says about a text whose first character already is wrong, the only case that was recorded. */
const goJsonProblem = (text: string): string => `invalid character '${text[0] ?? ''}' looking for beginning of value`;
