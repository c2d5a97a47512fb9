import type { Check } from '../stack/checks/check.ts';

const answerMs = 2_000;

/**
 * Tells which container engine the production mode would find (`DOCKER_HOST`, else the usual socket). Its absence is no
 * fault: the embedded runtime needs none.
 */
export const engineCheck: Check = {
  id: 'container-engine',
  title: 'Container engine',
  severity: 'warning',
  async run() {
    const { default: Docker } = await import('dockerode');
    try {
      const version = await new Docker({ timeout: answerMs }).version();
      return { ok: true, evidence: `${version.Version}, API ${version.ApiVersion}` };
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
      return { ok: true, evidence: `none (${reason}); only production mode needs one` };
    }
  },
};
