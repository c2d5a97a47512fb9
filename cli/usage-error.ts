/**
 * A command line that says nothing we know. Has the shape of `SfpError` but not its import: parsing and help must not
 * load the schema library (a third of the 200 ms that `sfp --help` may take).
 */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(message);
    this.name = 'UsageError';
    this.suggestion = suggestion;
  }
}
