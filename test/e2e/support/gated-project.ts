import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A project whose stages write what they do into a ledger, and whose `deploy` waits at a gate until the test opens it: a
 * place to kill things in the middle of a deployment.
 */
export class GatedProject {
  readonly #ledger: string;
  readonly #gate: string;

  constructor(directory: string) {
    this.#ledger = join(directory, 'ledger');
    this.#gate = join(directory, 'gate');
  }

  get variables(): Record<string, string> {
    return { LEDGER: this.#ledger, GATE: this.#gate };
  }

  static readonly file = `version: 1
build:
  - name: build
    run: echo build >> "$LEDGER"; seq 1 200
validate:
  - name: validate
    run: echo validate >> "$LEDGER"
deploy:
  - name: wait at the gate
    run: |
      echo deploy >> "$LEDGER"
      while [ ! -e "$GATE" ]; do echo waiting; sleep 0.1; done
  - name: after the gate
    run: seq 1 500
verify:
  - name: verify
    run: echo verify >> "$LEDGER"
`;

  open(): void {
    writeFileSync(this.#gate, '');
  }

  /** How often each stage's step was begun. */
  begun(stage: string): number {
    if (!existsSync(this.#ledger)) return 0;
    return readFileSync(this.#ledger, 'utf8')
      .split('\n')
      .filter((line) => line === stage).length;
  }
}
