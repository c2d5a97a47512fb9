import type { StackLayout } from '../layout.ts';
import { generated, providerName } from '../secrets/provider-settings.ts';
import { suppliedSecrets } from '../secrets/supplied.ts';
import { looseSecretsMode, readStoredSecrets } from '../secrets.ts';
import { serverCommand } from '../server-command.ts';
import { readServerSettings } from '../server-settings.ts';
import { stackAt } from '../stack.ts';
import { readState } from '../state.ts';
import type { Check, CheckResult } from './check.ts';

const file = (path: string, read: () => unknown, missing: string): CheckResult =>
  read() === null ? { ok: false, evidence: `${path} is missing`, remedy: missing } : { ok: true, evidence: path };

/** What must be true of one stack's files. */
export const stackFileChecks = (layout: StackLayout): readonly Check[] => {
  const init = `Run \`${serverCommand(layout, 'init')}\`.`;
  return [
    {
      id: 'server-settings',
      title: 'server.json',
      severity: 'error',
      run: () => file(layout.serverFile, () => readServerSettings(layout), init),
    },
    {
      id: 'secrets',
      title: 'secrets.json',
      severity: 'error',
      run: () => file(layout.secretsFile, () => readStoredSecrets(layout), init),
    },
    {
      id: 'secrets-mode',
      title: 'secrets.json is private',
      severity: 'error',
      run: () => {
        const mode = looseSecretsMode(layout);
        return mode === null
          ? { ok: true, evidence: 'only the owner may read it' }
          : { ok: false, evidence: `mode ${mode.toString(8)}`, remedy: `chmod 600 ${layout.secretsFile}` };
      },
    },
    {
      id: 'secrets-provider',
      title: 'Secrets',
      severity: 'error',
      run: () => {
        const provider = readServerSettings(layout)?.secrets ?? generated;
        if (provider.provider === 'generated') return { ok: true, evidence: 'generated, all in secrets.json' };
        const names = Object.keys(suppliedSecrets(provider));
        // Together they must be a whole set that fits.
        void stackAt(layout).secrets;
        const list = names.length === 0 ? 'nothing' : names.join(', ');
        return { ok: true, evidence: `${providerName(provider)} supplies ${list}` };
      },
    },
    {
      id: 'state',
      title: 'state.json',
      severity: 'error',
      run: () => file(layout.stateFile, () => readState(layout), init),
    },
  ];
};
