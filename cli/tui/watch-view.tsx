import { Box, Text } from 'ink';
import { formatDuration } from '../output/duration.ts';
import type { Tone } from '../output/style.ts';
import { type ApprovalState, type LogEntry, stagesShown, subjectOf, type WatchModel } from './model.ts';
import { logWindow } from './scroll.ts';
import { stageDuration, stageMarks, statusText, taskMarks } from './stage-row.ts';

export interface ViewSize {
  columns: number;
  rows: number;
}

/** Below this height the stages share one line. */
const compactRows = 18;
const isCompact = ({ rows }: ViewSize): boolean => rows < compactRows;

/** How many lines of the log fit. */
export function logRows(model: WatchModel, size: ViewSize): number {
  const stageRows = model.stages === null ? 0 : isCompact(size) ? 1 : stagesShown(model).length;
  // Head, rule above and below the log, progress, foot; and one row that stays free so that nothing scrolls.
  return Math.max(1, size.rows - stageRows - 6);
}

const Toned = ({ tone, children }: { tone: Tone; children: string }) => {
  if (tone === 'dim') return <Text dimColor>{children}</Text>;
  if (tone === 'bold') return <Text bold>{children}</Text>;
  return <Text color={tone}>{children}</Text>;
};

const phaseWords: Record<WatchModel['phase'], readonly [string, Tone]> = {
  connecting: ['connecting…', 'dim'],
  live: ['● live', 'green'],
  recovering: ['◐ catching up', 'yellow'],
  polling: ['◌ reconnecting', 'yellow'],
  done: ['done', 'dim'],
};

function Head({ model, now }: { model: WatchModel; now: number }) {
  const { ref } = model.title;
  const [phase, tone] = phaseWords[model.phase];
  const mark = taskMarks[model.status];
  const elapsed = model.startedAt === null ? '' : formatDuration((model.finishedAt ?? now) - model.startedAt);
  const commit = model.commitSha === null ? '' : ` @ ${model.commitSha.slice(0, 8)}`;
  return (
    <Box justifyContent="space-between">
      <Text wrap="truncate">
        <Toned tone={mark.tone}>{mark.sign}</Toned>
        <Text bold>{` ${subjectOf(model.title) ?? `task ${model.taskId}`}`}</Text>
        <Text dimColor>{ref === undefined ? '' : `  ${ref}${commit}`}</Text>
        <Text color="yellow">{model.attempt > 1 ? `  attempt ${model.attempt}` : ''}</Text>
      </Text>
      <Box flexShrink={0} marginLeft={1}>
        <Text dimColor>{`${statusText(model)} ${elapsed}  `}</Text>
        <Toned tone={tone}>{phase}</Toned>
      </Box>
    </Box>
  );
}

function Stages({ model, size, now }: { model: WatchModel; size: ViewSize; now: number }) {
  if (model.stages === null) return null;
  const states = model.stages;
  if (isCompact(size)) {
    return (
      <Text wrap="truncate">
        {stagesShown(model).map((stage) => (
          <Toned key={stage} tone={stageMarks[states[stage].status].tone}>
            {`${stageMarks[states[stage].status].sign} ${stage}  `}
          </Toned>
        ))}
      </Text>
    );
  }
  return (
    <Box flexDirection="column">
      {stagesShown(model).map((stage) => {
        const state = states[stage];
        const mark = stageMarks[state.status];
        const took = stageDuration(state, now);
        return (
          <Text key={stage} wrap="truncate">
            <Toned tone={mark.tone}>{`  ${mark.sign} ${stage.padEnd(10)}`}</Toned>
            <Text dimColor>{(took === undefined ? '' : formatDuration(took)).padStart(12)}</Text>
            <Text>{state.step === undefined ? '' : `  ${state.step}`}</Text>
          </Text>
        );
      })}
    </Box>
  );
}

/** How many approvals there are and how much time is left for the others. */
function approvalText({ required, approved, expiresAt }: ApprovalState, now: number): string {
  const until = Date.parse(expiresAt);
  return `${approved} of ${required} approval${required === 1 ? '' : 's'}, ${formatDuration(until - now)} left (until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC)`;
}

function Progress({ model, columns, now }: { model: WatchModel; columns: number; now: number }) {
  if (model.status === 'waiting' && model.approval !== null)
    return <Text wrap="truncate" color="yellow">{`  ${approvalText(model.approval, now)}`}</Text>;
  const { percent, message } = model.progress;
  if (percent === undefined) return <Text wrap="truncate">{message === undefined ? ' ' : `  ${message}`}</Text>;
  const width = Math.max(8, Math.min(40, columns - 40));
  const filled = Math.round((percent / 100) * width);
  return (
    <Text wrap="truncate">
      <Text color="cyan">{`  ${'━'.repeat(filled)}`}</Text>
      <Text dimColor>{'─'.repeat(width - filled)}</Text>
      {` ${String(Math.round(percent)).padStart(3)} %`}
      <Text dimColor>{message === undefined ? '' : `  ${message}`}</Text>
    </Text>
  );
}

const counted = (lines: number): string => (lines === 1 ? '1 line' : `${lines} lines`);

const Rule = ({ columns, note }: { columns: number; note: string }) => {
  const text = note === '' ? '' : `── ${note} `;
  return <Text dimColor wrap="truncate">{`${text}${'─'.repeat(Math.max(0, columns - text.length))}`}</Text>;
};

const LogLine = ({ entry }: { entry: LogEntry }) => (
  <Text wrap="truncate">
    <Text dimColor>{`${(entry.stage ?? 'sfp').padEnd(10)}`}</Text>
    {entry.stream === 'system' ? (
      <Text color="cyan">{entry.text}</Text>
    ) : (
      <Text {...(entry.stream === 'stderr' ? { color: 'yellow' } : {})}>{entry.text}</Text>
    )}
  </Text>
);

function Foot({ model }: { model: WatchModel }) {
  const names = model.watchers.map(({ name, self }) => (self ? 'you' : name));
  const watching = names.length === 0 ? '' : `watching: ${names.join(', ')}`;
  return (
    <Box justifyContent="space-between">
      <Text wrap="truncate" dimColor>
        {watching === '' ? ' ' : watching}
      </Text>
      <Box flexShrink={0} marginLeft={1}>
        <Text dimColor>↑↓ PgUp PgDn End · Ctrl-C detaches</Text>
      </Box>
    </Box>
  );
}

/** The whole screen of a watch: a pure function of the model, the terminal's size and the time. */
export function WatchView({ model, size, now }: { model: WatchModel; size: ViewSize; now: number }) {
  const rows = logRows(model, size);
  const { entries, above, below } = logWindow(model, rows);
  return (
    <Box flexDirection="column" width={size.columns}>
      <Head model={model} now={now} />
      <Stages model={model} size={size} now={now} />
      <Progress model={model} columns={size.columns} now={now} />
      <Rule columns={size.columns} note={above === 0 ? 'log' : `log · ${counted(above)} above`} />
      <Box flexDirection="column" height={rows}>
        {entries.map((entry, index) => (
          // A line of the log is what stands at its place; nothing else identifies it.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <LogLine key={index} entry={entry} />
        ))}
      </Box>
      <Rule columns={size.columns} note={below === 0 ? '' : `${counted(below)} below · End follows`} />
      <Foot model={model} />
    </Box>
  );
}
