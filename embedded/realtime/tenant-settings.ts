/** What one tenant may use. An embedded engine has one tenant; the shape allows more. */
export interface TenantSettings {
  /** First label of the Host header, and the name in `/api/tenants/<tenant>/health`. */
  tenant: string;
  maxConcurrentUsers: number;
  maxChannelsPerSocket: number;
  maxPayloadBytes: number;
  maxFrameBytes: number;
  maxMessagesPerBatch: number;
  maxRecordBytes: number;
  presenceCalls: { max: number; windowMs: number };
  /** No heartbeat and no WebSocket ping for this long: the socket is closed with 1000. */
  heartbeatTimeoutMs: number;
  /** A socket that has this much unsent is dropped, so that one stuck reader cannot eat the memory. */
  maxBufferedBytes: number;
  /** Changes waiting for their visibility check, over all subscribers. */
  maxQueuedChanges: number;
}

/** The defaults of the real server where it has one. */
export const defaultSettings: TenantSettings = {
  tenant: 'realtime-dev',
  maxConcurrentUsers: 200,
  maxChannelsPerSocket: 100,
  maxPayloadBytes: 3_000 * 1_024,
  maxFrameBytes: 5_000_000,
  maxMessagesPerBatch: 100,
  maxRecordBytes: 1_048_576,
  presenceCalls: { max: 5, windowMs: 30_000 },
  heartbeatTimeoutMs: 60_000,
  maxBufferedBytes: 8 * 1_024 * 1_024,
  maxQueuedChanges: 20_000,
};
