import { type StackLayout, stackId } from '../layout.ts';
import { allocatePorts, isPortFree } from '../ports.ts';
import {
  readServerSettings,
  type ServerSettings,
  serverSettingsSchema,
  writeServerSettings,
} from '../server-settings.ts';
import { reservedPorts } from './list.ts';

/** What the operator says when a stack is made. */
export interface SettingsChoice {
  tenant: string;
  mode: ServerSettings['mode'];
  runtime: { name: ServerSettings['runtime'] };
  domain?: string | undefined;
  gatewayPort?: number | undefined;
  signup?: ServerSettings['signup'];
  secrets?: ServerSettings['secrets'];
}

/** Writes server.json with free ports, unless the stack has one: what is there stays. */
export async function chooseSettings(layout: StackLayout, choice: SettingsChoice): Promise<'skipped' | undefined> {
  if (readServerSettings(layout) !== null) return 'skipped';
  const ports = await allocatePorts({
    stackId: stackId(layout.dir),
    reserved: reservedPorts(layout.baseDir),
    isFree: (port) => isPortFree(port),
    gateway: choice.gatewayPort,
  });
  const settings = serverSettingsSchema.parse({
    version: 1,
    tenant: choice.tenant,
    mode: choice.mode,
    runtime: choice.runtime.name,
    ports,
    ...(choice.domain === undefined ? {} : { domain: choice.domain }),
    ...(choice.signup === undefined ? {} : { signup: choice.signup }),
    ...(choice.secrets === undefined ? {} : { secrets: choice.secrets }),
  });
  writeServerSettings(layout, settings);
  return undefined;
}
