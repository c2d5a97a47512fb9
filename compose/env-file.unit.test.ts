import { expect, it } from 'vitest';
import { renderEnvFile } from './env-file.ts';

it('writes values as Compose reads them back: quotes, dollars and backslashes stay what they are', () => {
  expect(renderEnvFile({ B: '{"a":"$x \\\\"}', A: `it's "$5" \\n` })).toBe(
    `A="it's \\"\\$5\\" \\\\n"\nB='{"a":"$x \\\\"}'\n`,
  );
});

it('refuses a value of several lines', () => {
  expect(() => renderEnvFile({ KEY: 'one\ntwo' })).toThrow(/KEY has more than one line/);
});
