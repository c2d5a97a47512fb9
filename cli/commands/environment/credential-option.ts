import { variableOf } from './variable-of.ts';

export const credentialOption = {
  type: 'list',
  value: 'NAME=integration',
  summary: 'A secret variable for every step, by the name of an integration; several times',
} as const;

export const credentialOf = (text: string): readonly [string, string] => variableOf(text, '--credential');
