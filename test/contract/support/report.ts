import { expect } from 'vitest';
import type { Claims } from './claims.ts';
import type { Difference } from './compare.ts';

const outcomes = ['equal', 'deviation', 'different', 'not claimed'] as const;
type Outcome = (typeof outcomes)[number];

/**
 * Counts the outcome of every recorded step of an area and prints a table at the end. A claimed step that differs fails
 * its scenario; a deviation that is equal after all fails too, so that the list stays true.
 */
export class Report {
  readonly #area: string;
  readonly #claims: Claims;
  readonly #counts = new Map<string, Record<Outcome, number>>();
  readonly #failures = new Map<string, string[]>();

  constructor(area: string, claims: Claims) {
    this.#area = area;
    this.#claims = claims;
  }

  record(scenario: string, step: number, label: string, differences: Difference[]): void {
    const outcome = this.#outcome(scenario, step, differences);
    const counts = this.#counts.get(scenario) ?? { equal: 0, deviation: 0, different: 0, 'not claimed': 0 };
    counts[outcome] += 1;
    this.#counts.set(scenario, counts);
    const deviation = this.#claims.deviation(scenario, step);
    if (outcome === 'different')
      this.#fail(scenario, `#${step} ${label}\n${differences.slice(0, 8).map(describe).join('\n')}`);
    if (deviation !== undefined && differences.length === 0)
      this.#fail(scenario, `#${step} ${label}: listed as a deviation but equal`);
  }

  /** Call at the end of a scenario's test. */
  assert(scenario: string): void {
    expect(this.#failures.get(scenario) ?? [], `${this.#area} ${scenario}`).toEqual([]);
  }

  /** Call once in afterAll. */
  print(): void {
    const rows = [...this.#counts].map(([scenario, counts]) =>
      [scenario.padEnd(44), ...outcomes.map((outcome) => String(counts[outcome]).padStart(outcome.length + 2))].join(
        '',
      ),
    );
    const head = `${this.#area.padEnd(44)}${outcomes.map((outcome) => `  ${outcome}`).join('')}`;
    process.stdout.write(`\n${[head, ...rows].join('\n')}\n`);
  }

  #outcome(scenario: string, step: number, differences: Difference[]): Outcome {
    if (this.#claims.deviation(scenario, step) !== undefined) return 'deviation';
    if (!this.#claims.has(scenario, step)) return 'not claimed';
    return differences.length === 0 ? 'equal' : 'different';
  }

  #fail(scenario: string, text: string): void {
    this.#failures.set(scenario, [...(this.#failures.get(scenario) ?? []), text]);
  }
}

const describe = ({ path, expected, actual }: Difference): string =>
  `  ${path || '(value)'}: recorded ${JSON.stringify(expected)?.slice(0, 300)}, got ${JSON.stringify(actual)?.slice(0, 300)}`;
