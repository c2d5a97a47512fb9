import type { StackLayout } from '../layout.ts';
import { looseSecretsMode, readSecrets } from '../secrets.ts';
import { readServerSettings } from '../server-settings.ts';
import { readState } from '../state.ts';
import type { Check, CheckResult } from './check.ts';

const file = (path: string, read: () => unknown, missing: string): CheckResult =>
  read() === null ? { ok: false, evidence: `${path} is missing`, remedy: missing } : { ok: true, evidence: path };

/** What must be true of one stack's files. */
export const stackFileChecks = (layout: StackLayout): readonly Check[] => {
  const init = `Run \`sfp server init --tenant ${layout.tenant}\`.`;
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
      run: () => file(layout.secretsFile, () => readSecrets(layout), init),
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
      id: 'state',
      title: 'state.json',
      severity: 'error',
      run: () => file(layout.stateFile, () => readState(layout), init),
    },
  ];
};
