import type { Secret } from './secret-book.ts';

/** A secret in the clear, and where. */
export interface Finding {
  secret: Secret;
  place: string;
}

/** A place that has to hold a secret in the clear. */
export interface Exception {
  /** Why it must be there, and who keeps others from reading it. */
  why: string;
  place: RegExp;
  /** Only these: `kind`, or `kind: name`. */
  holds: readonly string[];
  /** Whether the run has to find one there: a place where nothing is found any more is no exception. */
  found: 'always' | 'at times';
}

const covers = ({ place, holds }: Exception, finding: Finding): boolean =>
  place.test(finding.place) &&
  holds.some((held) => held === finding.secret.kind || held === `${finding.secret.kind}: ${finding.secret.name}`);

const line = ({ secret, place }: Finding): string => `${secret.kind}: ${secret.name} in ${place}`;

/** What no exception allows, as lines that show no secret. */
export const unexplained = (findings: readonly Finding[], exceptions: readonly Exception[]): string[] => [
  ...new Set(findings.filter((finding) => !exceptions.some((one) => covers(one, finding))).map(line)),
];

/** Exceptions that nothing needs: they would hide a leak one day. */
export const unneeded = (findings: readonly Finding[], exceptions: readonly Exception[]): string[] =>
  exceptions
    .filter((one) => one.found === 'always' && !findings.some((finding) => covers(one, finding)))
    .map(({ place, why }) => `${place}: ${why}`);
