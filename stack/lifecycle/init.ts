import { existsSync, rmSync } from 'node:fs';
import { SfpError } from '../../contracts/error.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import { machineChecks } from '../checks/machine.ts';
import { makeStackDirectories, type StackLayout, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { ensureSecrets } from '../secrets.ts';
import { serverCommand } from '../server-command.ts';
import { requireServerSettings, type ServerSettings } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import { readState, updateState } from '../state.ts';
import {
  type AdminSession,
  ensureAccount,
  ensureAdministrator,
  ensureCredentialsKey,
  signIn,
} from './administrator.ts';
import { preflight } from './preflight.ts';
import { assertChoice, chooseSettings } from './settings.ts';
import { type Progress, runSteps, type Step } from './step.ts';
import { assertNoUpdate } from './update/update-plan.ts';

export interface InitOptions {
  baseDir: string;
  tenant: string;
  mode: ServerSettings['mode'];
  runtime: StackRuntime;
  domain?: string | undefined;
  platformVersion: string;
  adminEmail: string;
  /** Generated and kept in secrets.json when left out. */
  adminPassword?: string | undefined;
  gatewayPort?: number | undefined;
  signup?: ServerSettings['signup'];
  /** Where secrets come from; generated when left out. */
  secrets?: ServerSettings['secrets'];
  signal: AbortSignal;
  progress: Progress;
}

export interface InitResult {
  stack: Stack;
  session: AdminSession;
  accountId: string;
  /** True when the administrator's password is the generated one in secrets.json. */
  passwordGenerated: boolean;
}

interface InitContext extends InitOptions {
  layout: StackLayout;
  session?: AdminSession;
  accountId?: string;
}

const open = ({ layout }: InitContext): Stack => openStack(layout.baseDir, layout.tenant);

const administrator = (context: InitContext) => ({
  email: context.adminEmail,
  password: context.adminPassword ?? open(context).secrets.adminPassword,
});

const needed = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('a step of init ran before the one that it needs');
  return value;
};

const steps: readonly Step<InitContext>[] = [
  {
    name: 'checks',
    title: 'Check this machine',
    run: ({ runtime, baseDir }, report) => preflight([...machineChecks(baseDir), ...runtime.checks(null)], report),
  },
  {
    name: 'settings',
    title: 'Choose settings and ports',
    run: ({ layout, ...options }) => chooseSettings(layout, options),
  },
  {
    name: 'secrets',
    title: 'Generate keys and passwords',
    run: async ({ layout }) => void ensureSecrets(layout, requireServerSettings(layout).secrets),
  },
  {
    name: 'prepare',
    title: 'Get what it runs on',
    run: (context, report) => context.runtime.prepare(open(context), { signal: context.signal, report }),
  },
  { name: 'install', title: 'Install', run: (context) => context.runtime.install(open(context)) },
  {
    name: 'start',
    title: 'Start the stack',
    run: (context, report) => context.runtime.start(open(context), { signal: context.signal, report }),
  },
  {
    name: 'administrator',
    title: 'Make the administrator',
    run: async (context) =>
      (await ensureAdministrator(open(context), administrator(context))) ? undefined : 'skipped',
  },
  {
    name: 'account',
    title: 'Make the account',
    async run(context) {
      context.session = await signIn(open(context), administrator(context));
      context.accountId = await ensureAccount(open(context), context.session);
    },
  },
  { name: 'credentials-key', title: 'Make the credentials key', run: (context) => ensureCredentialsKey(open(context)) },
  {
    name: 'stamp',
    title: 'Record what is installed',
    async run({ layout, platformVersion, adminEmail }) {
      const now = new Date().toISOString();
      updateState(layout, platformVersion, {
        initialisedAt: now,
        lastHealthyAt: now,
        lastHealthyVersion: platformVersion,
        adminEmail,
      });
    },
  },
];

/**
 * Makes a stack, starts it, and makes its administrator and account. One that was interrupted is finished by running it
 * again: every step leaves alone what is there.
 * @throws SfpError `stack_exists` when the stack is complete.
 */
export async function initStack(options: InitOptions): Promise<InitResult> {
  const layout = stackLayout(options.baseDir, options.tenant);
  const lock = lockStack(layout.lockFile, options.tenant, 'sfp server init');
  const fresh = !existsSync(layout.dir);
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    if ((readState(layout)?.initialisedAt ?? null) !== null) {
      throw new SfpError({
        code: 'stack_exists',
        message: `Stack "${options.tenant}" exists already, in ${layout.dir}.`,
        suggestion: `Start it with \`${serverCommand(layout, 'start')}\`, or remove it with \`${serverCommand(layout, 'destroy')}\`.`,
      });
    }
    assertChoice(layout, options);
    makeStackDirectories(layout);
    const context: InitContext = { ...options, layout };
    await runSteps('init', layout.journalFile, steps, context, options.progress);
    return {
      stack: open(context),
      session: needed(context.session),
      accountId: needed(context.accountId),
      passwordGenerated: options.adminPassword === undefined,
    };
  } catch (error) {
    // Refused before anything was decided: the next init, of whatever runtime, finds what this one found.
    if (fresh && !existsSync(layout.serverFile)) rmSync(layout.dir, { recursive: true, force: true });
    throw error;
  } finally {
    lock.release();
  }
}
