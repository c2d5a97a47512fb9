import { readFileSync } from 'node:fs';
import { z } from 'zod';

const claimsSchema = z.record(z.string(), z.union([z.literal('all'), z.array(z.number().int().min(0))]));
const deviationsSchema = z.array(
  z.object({ scenario: z.string(), step: z.number().int().min(0), reason: z.string().min(20) }),
);

/**
 * What this version answers as recorded. `claims.json` of an area maps a scenario (the recording's file name without
 * ending) to `"all"` or to step numbers; claims only grow. `deviations.json` lists the steps where ours is better for
 * the user, each with its reason; everything else that differs is a failure.
 */
export class Claims {
  readonly #claims: z.infer<typeof claimsSchema>;
  readonly #deviations: z.infer<typeof deviationsSchema>;

  constructor(area: string) {
    const read = (name: string): unknown =>
      JSON.parse(readFileSync(new URL(`../${area}/${name}.json`, import.meta.url), 'utf8'));
    this.#claims = claimsSchema.parse(read('claims'));
    this.#deviations = deviationsSchema.parse(read('deviations'));
  }

  get scenarios(): string[] {
    return Object.keys(this.#claims);
  }

  has(scenario: string, step: number): boolean {
    const claimed = this.#claims[scenario];
    return claimed === 'all' || (claimed?.includes(step) ?? false);
  }

  deviation(scenario: string, step: number): string | undefined {
    return this.#deviations.find((entry) => entry.scenario === scenario && entry.step === step)?.reason;
  }
}
