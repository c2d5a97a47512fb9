import { stripVTControlCharacters } from 'node:util';

// A program's output must not steer the terminal of whoever watches it: no escape sequences, no carriage returns.
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is removed
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A line of a log as text and nothing else; of a line that redraws itself, the last state. */
export const plainText = (line: string): string =>
  (stripVTControlCharacters(line).replace(/\r+$/, '').split('\r').at(-1) ?? '')
    .replace(/\t/g, '  ')
    .replace(controls, '');
