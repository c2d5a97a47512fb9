import { switchCommand } from './switch-schedule.ts';

export const command = switchCommand(
  'enable',
  'Also lets one that has stopped go on. It counts from now and acts in your name; nothing that it did not do meanwhile is made up for.',
);
