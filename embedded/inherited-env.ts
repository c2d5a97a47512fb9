import { delimiter, dirname } from 'node:path';

/** What a stack's processes take over from whoever starts it: where programs are, how to reach the outside, language and time. */
const inheritedNames = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SFP_LOG_LEVEL',
] as const;

/** PATH ends with the directory of this Node: steps of deployments find one also where none is installed. */
export const inheritedEnv = (environment: NodeJS.ProcessEnv): Record<string, string> => ({
  ...Object.fromEntries(
    inheritedNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]] as const])),
  ),
  PATH: [environment.PATH, dirname(process.execPath)].filter(Boolean).join(delimiter),
});
