import type { StackLayout } from '../../stack/layout.ts';
import type { StackSecrets } from '../../stack/secrets.ts';
import type { RoleName, ServerSettings } from '../../stack/server-settings.ts';
import type { Probe } from '../supervisor/service.ts';

/** What the environment of a role is made of. */
export interface RoleContext {
  layout: StackLayout;
  settings: ServerSettings;
  secrets: StackSecrets;
  /** Where each part is reached from this machine, whoever runs it. Without a slash at the end. */
  urls: Record<'rest' | 'auth' | 'realtime' | 'hatchet' | 'gateway' | 'api', string>;
  /** host:port of the task engine's gRPC endpoint. */
  hatchetGrpc: string;
  hatchetToken: string;
  databasePassword(role: string): string;
  databaseUrl(role: string, database?: string): string;
}

/** One exchangeable part of the embedded stack, as data. */
export interface Role {
  name: RoleName;
  /** Program of our own, from the root of the code and without its ending. */
  entry: string;
  /** Limit of V8's old space. Nodes of an idle stack stay far below; it is what a busy one may grow to. */
  heapMegabytes: number;
  /** The names are those of the official image, so that the real program can take the place. */
  env(context: RoleContext): Record<string, string>;
  probe(context: RoleContext): Probe;
  /** Health of a service that runs elsewhere, under its public URL. */
  remoteProbe(url: string, context: RoleContext): Probe;
  needs: readonly string[];
  stopTimeoutMs(context: RoleContext): number;
}

export const loopback = '127.0.0.1';

export const local = (port: number): string => `http://${loopback}:${port}`;
