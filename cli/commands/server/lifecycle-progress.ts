import type { Progress } from '../../../stack/lifecycle/step.ts';
import type { Output } from '../../output/output.ts';

/** Shows the steps of a lifecycle command. */
export const lifecycleProgress = (output: Output): Progress => ({
  step: (title, state, detail) => output.step(title, state, detail),
  info: (message) => output.info(message),
});
