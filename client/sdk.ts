// The public face of the SDK, and the only file that gathers others: what an application imports is this list, and
// what is not in it may change. Inside the repository every file imports the noun that it needs.
export { ApiError } from './api/api-error.ts';
export { type ApiClient, createApiClient } from './api/client.ts';
export { applicationTokenCredentials } from './auth/application-token-credentials.ts';
export { type AuthApi, createAuthApi } from './auth/auth-api.ts';
export type { Credentials } from './auth/credentials.ts';
export { type SessionTokens, sessionCredentials } from './auth/session-credentials.ts';
export type { FeedSource, Watcher } from './watch/feed-source.ts';
export type { WatchPhase } from './watch/phase.ts';
export { realtimeSource } from './watch/realtime-source.ts';
export { type LockWait, waitForLock } from './watch/wait-for-lock.ts';
export { type WatchUpdate, watchTask } from './watch/watch-task.ts';
export { type TopicUpdate, watchTopic } from './watch/watch-topic.ts';
