/** What an operator has to know about a version of the platform before a stack moves to it. */
export interface Release {
  version: string;
  /** The newest migration that it brings: what its database has when it is healthy. */
  schemaVersion: number;
  notes: readonly string[];
  /** What stops working as it did, each with what to do about it. An update over one of these asks first. */
  breaking: readonly string[];
  /** No update may pass over it: an older stack goes to this version first, then on. */
  requiredStop: boolean;
}
