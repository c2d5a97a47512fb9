import { isDeepStrictEqual } from 'node:util';
import { SfpError } from '../../contracts/error.ts';
import { type StackLayout, stackId } from '../layout.ts';
import { allocatePorts, isPortFree } from '../ports.ts';
import { serverCommand } from '../server-command.ts';
import {
  domainSchema,
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

interface Contradiction {
  /** How the operator says it. */
  option: string;
  asked: unknown;
  /** What server.json has. */
  settled: unknown;
}

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/**
 * Refuses what the stack cannot have, and what server.json of a stack that was begun says otherwise: what is there stays,
 * so a choice that is not taken must not look as if it were.
 * @throws SfpError `usage`, `settings_differ`
 */
export function assertChoice(layout: StackLayout, choice: SettingsChoice): void {
  const { domain } = choice;
  if (domain !== undefined && !domainSchema.safeParse(domain).success) {
    throw new SfpError({
      code: 'usage',
      message: `"${domain}" is not a host name that a certificate can be had for.`,
      suggestion: 'Give the name alone, in lower case, such as deploy.example.com.',
    });
  }
  const existing = readServerSettings(layout);
  if (existing === null) return;
  const [first] = contradictions(choice, existing);
  if (first === undefined) return;
  const { option, asked, settled } = first;
  const isKind = ['--mode', '--runtime'].includes(option);
  throw new SfpError({
    code: 'settings_differ',
    message: `Stack "${layout.tenant}" was begun with ${option.slice(2)} ${shown(settled)}, not ${shown(asked)}; nothing was changed.`,
    detail: layout.serverFile,
    suggestion: isKind
      ? `Go on with ${option} ${shown(settled)}, choose another tenant name, or remove it first: ${serverCommand(layout, 'destroy')}`
      : `Run the command again without ${option}, or change it in that file before.`,
  });
}

function contradictions(choice: SettingsChoice, existing: ServerSettings): Contradiction[] {
  const rows: readonly Contradiction[] = [
    { option: '--mode', asked: choice.mode, settled: existing.mode },
    { option: '--runtime', asked: choice.runtime.name, settled: existing.runtime },
    { option: '--domain', asked: choice.domain, settled: existing.domain },
    { option: '--port', asked: choice.gatewayPort, settled: existing.ports.gateway },
    { option: '--signup', asked: choice.signup, settled: existing.signup },
    { option: '--secrets-…', asked: choice.secrets, settled: existing.secrets },
  ];
  return rows.filter(({ asked, settled }) => asked !== undefined && !isDeepStrictEqual(asked, settled));
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
