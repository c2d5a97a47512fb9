import { describe, expect, it } from 'vitest';
import { settingsUpdateOf } from './settings-command.ts';

describe('key=value', () => {
  it('is a number, a time, or nothing to take it back', () => {
    expect(
      settingsUpdateOf(['artifactRetentionDays=30', 'approvalTimeoutSeconds=4h', 'artifactRetentionCount=']),
    ).toEqual({ artifactRetentionDays: 30, approvalTimeoutSeconds: 14_400, artifactRetentionCount: null });
  });
  it.each([[], ['artifactRetentionDays'], ['retention=1'], ['artifactRetentionDays=soon'], ['toString=1']])(
    'refuses %j',
    (...texts) => expect(() => settingsUpdateOf(texts)).toThrow(expect.objectContaining({ code: 'usage' })),
  );
});
