import type { CheckReport } from '../../../stack/checks/check.ts';
import type { TextView } from '../../output/output.ts';
import type { Tone } from '../../output/style.ts';

const mark = ({ ok, severity }: CheckReport): readonly [string, Tone] =>
  ok ? ['✓', 'green'] : severity === 'warning' ? ['!', 'yellow'] : ['✗', 'red'];

/** A line for each check; below one that is not ok, what to do. */
export const checksView =
  (checks: readonly CheckReport[]): TextView =>
  (style) => {
    const width = Math.max(...checks.map(({ title }) => title.length));
    return checks
      .map((check, at) => {
        const [sign, tone] = mark(check);
        // One cause, such as an engine that is away, fails several: it is told once.
        const told = checks.slice(0, at).find((other) => !other.ok && !check.ok && other.evidence === check.evidence);
        if (told !== undefined) {
          return `${style.paint(tone, sign)} ${check.title.padEnd(width)}  not known: see ${told.title}`;
        }
        const line = `${style.paint(tone, sign)} ${check.title.padEnd(width)}  ${check.evidence}`;
        return check.ok || check.remedy === undefined ? line : `${line}\n  ${style.paint('cyan', '→')} ${check.remedy}`;
      })
      .join('\n');
  };
