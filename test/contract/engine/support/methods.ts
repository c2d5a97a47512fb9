import { DispatcherDefinition } from '@hatchet-dev/typescript-sdk/protoc/dispatcher/dispatcher.js';
import { EventsServiceDefinition } from '@hatchet-dev/typescript-sdk/protoc/events/events.js';
import { V1DispatcherDefinition } from '@hatchet-dev/typescript-sdk/protoc/v1/dispatcher.js';
import { AdminServiceDefinition } from '@hatchet-dev/typescript-sdk/protoc/v1/workflows.js';
import { WorkflowServiceDefinition } from '@hatchet-dev/typescript-sdk/protoc/workflows/workflows.js';

/** How the messages of a gRPC method are read. */
export interface Method {
  name: string;
  streaming: boolean;
  request(body: Uint8Array): unknown;
  response(body: Uint8Array): unknown;
}

interface Codec<T> {
  decode(body: Uint8Array): T;
  toJSON(message: T): unknown;
}
const reader =
  <T>(codec: Codec<T>) =>
  (body: Uint8Array): unknown =>
    codec.toJSON(codec.decode(body));

interface Definition {
  fullName: string;
  methods: Record<
    string,
    { name: string; requestType: unknown; responseType: unknown; requestStream: boolean; responseStream: boolean }
  >;
}

const isCodec = (value: unknown): value is Codec<unknown> =>
  typeof value === 'object' && value !== null && 'decode' in value && 'toJSON' in value;

const codec = (value: unknown): Codec<unknown> => {
  if (!isCodec(value)) throw new Error('not a message type');
  return value;
};

const services: Definition[] = [
  DispatcherDefinition,
  AdminServiceDefinition,
  WorkflowServiceDefinition,
  EventsServiceDefinition,
  V1DispatcherDefinition,
];

const methods = new Map<string, Method>(
  services.flatMap((service) =>
    Object.values(service.methods).map((method): [string, Method] => [
      `/${service.fullName}/${method.name}`,
      {
        name: method.name,
        streaming: method.requestStream || method.responseStream,
        request: reader(codec(method.requestType)),
        response: reader(codec(method.responseType)),
      },
    ]),
  ),
);

export const methodOf = (path: string): Method | undefined => methods.get(path);
