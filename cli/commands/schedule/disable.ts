import { switchCommand } from './switch-schedule.ts';

export const command = switchCommand('disable', 'It comes to no moment until it is enabled again.');
