import { DispatcherDefinition } from '@hatchet-dev/typescript-sdk/protoc/dispatcher/dispatcher.js';
import { EventsServiceDefinition } from '@hatchet-dev/typescript-sdk/protoc/events/events.js';
import { V1DispatcherDefinition } from '@hatchet-dev/typescript-sdk/protoc/v1/dispatcher.js';
import { AdminServiceDefinition } from '@hatchet-dev/typescript-sdk/protoc/v1/workflows.js';
import { WorkflowServiceDefinition } from '@hatchet-dev/typescript-sdk/protoc/workflows/workflows.js';
import { type CallContext, createServer, type Server, ServerError, type ServerMiddlewareCall, Status } from 'nice-grpc';
import { maxMessageBytes } from '../domain/payload.ts';
import type { EngineParts } from '../engine-parts.ts';
import { adminService } from './admin-service.ts';
import { dispatcherService } from './dispatcher-service.ts';
import { durableService } from './durable-service.ts';
import { eventsService } from './events-service.ts';
import { workflowService } from './workflow-service.ts';

/** The gRPC side: four services and one for durable tasks, all behind the token. */
export function grpcServer(parts: EngineParts): Server {
  const server = createServer({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    // Clients ping every 10 s; a peer that vanished without a word is noticed by ours.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
  })
    .use(failures(parts))
    .use(authentication(parts));
  server.add(DispatcherDefinition, dispatcherService(parts));
  server.add(AdminServiceDefinition, adminService(parts));
  server.add(WorkflowServiceDefinition, workflowService(parts));
  server.add(EventsServiceDefinition, eventsService(parts));
  server.add(V1DispatcherDefinition, durableService);
  return server;
}

const bearer = /^bearer (.+)$/;

const authentication = (parts: EngineParts) =>
  async function* <Request, Response>(call: ServerMiddlewareCall<Request, Response>, context: CallContext) {
    const token = bearer.exec(context.metadata.get('authorization') ?? '')?.[1];
    if (token === undefined || !(await parts.checkToken(token)))
      throw new ServerError(Status.UNAUTHENTICATED, 'invalid auth token');
    return yield* call.next(call.request, context);
  };

/** What is not an answer of ours is a failure: logged here in full, told to the client without the details. */
const failures = (parts: EngineParts) =>
  async function* <Request, Response>(call: ServerMiddlewareCall<Request, Response>, context: CallContext) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof ServerError || (error instanceof Error && error.name === 'AbortError')) throw error;
      parts.log.error({ err: error, method: call.method.path }, 'a call failed');
      throw new ServerError(Status.INTERNAL, 'An internal error occurred.');
    }
  };
