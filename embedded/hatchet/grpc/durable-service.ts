import type { V1DispatcherServiceImplementation } from '@hatchet-dev/typescript-sdk/protoc/v1/dispatcher.js';
import { unimplemented } from './refusals.ts';

/** v1.V1Dispatcher: durable tasks. The place is here; the protocol comes with the engine's full surface. */
export const durableService: V1DispatcherServiceImplementation = {
  // biome-ignore lint/correctness/useYield: it refuses before there is anything to yield
  async *durableTask() {
    throw unimplemented('DurableTask');
  },
  async registerDurableEvent() {
    throw unimplemented('RegisterDurableEvent');
  },
  // biome-ignore lint/correctness/useYield: it refuses before there is anything to yield
  async *listenForDurableEvent() {
    throw unimplemented('ListenForDurableEvent');
  },
};
