import { SfpError } from '../contracts/error.ts';

/** What the container runtime answers until it is there. */
export const composeRefusal = (): SfpError =>
  new SfpError({
    code: 'runtime_not_available',
    message: 'The compose runtime (production mode) is not part of this version.',
    detail:
      '`--mode prod` and `--runtime compose` run a stack on Docker Compose; this version renders its files and runs the embedded runtime only.',
    suggestion:
      'Add `--render-only` to write the files of the stack. To run one now, use `--mode dev`, or `--runtime embedded` for a stack without Docker on this machine.',
  });
