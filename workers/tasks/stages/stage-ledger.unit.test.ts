import { describe, expect, it } from 'vitest';
import { type StageStatusMap, stages } from '../../../contracts/deployment.ts';
import type { EventLog } from '../../progress/event-log.ts';
import { StageLedger } from './stage-ledger.ts';

const all = (status: StageStatusMap['build']): StageStatusMap =>
  Object.fromEntries(stages.map((stage) => [stage, status])) as StageStatusMap;

function ledger(status: StageStatusMap) {
  const said: unknown[] = [];
  const events: Pick<EventLog, 'say'> = { say: (kind, data, patch) => void said.push({ kind, data, patch }) };
  return { said, ledger: new StageLedger(events as EventLog, status) };
}

describe('StageLedger', () => {
  it('says every move with the change of the row', () => {
    const { ledger: stage, said } = ledger(all('pending'));
    stage.move('build', 'running');
    expect(said).toEqual([
      { kind: 'stage', data: { stage: 'build', status: 'running' }, patch: { stages: { build: 'running' } } },
    ]);
  });

  it('refuses a move that the table does not have', () => {
    const { ledger: stage } = ledger(all('succeeded'));
    expect(() => stage.move('build', 'running')).toThrow('cannot go from succeeded to running');
  });

  it('goes on behind what is finished', () => {
    const { ledger: stage } = ledger({
      ...all('pending'),
      checkout: 'succeeded',
      build: 'succeeded',
      validate: 'skipped',
    });
    expect(stage.next).toBe('deploy');
    expect(stage.isSettled('validate')).toBe(true);
  });
});
