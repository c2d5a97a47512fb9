import type { PlatformSchema } from '../../contracts/schema-version.ts';

/** Where a runtime writes the files of a snapshot. */
export interface SnapshotTarget {
  /** Refuses when there is not that much room. */
  reserve(bytes: number): void;
  /** Writes one file, whole and on disk when it resolves. */
  write(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
}

/** Where a runtime reads them again: verified, decrypted. */
export interface SnapshotSource {
  has(name: string): boolean;
  read(name: string): AsyncIterable<Uint8Array>;
}

export interface SnapshotFacts {
  /** How the databases are stored. */
  kind: string;
  postgresVersion: string;
  unpackedBytes: number;
  schema: PlatformSchema;
  /** Value of the Vault's canary in this snapshot. */
  canary: string;
}

/** The databases and the Vault root key of a stack, exchanged in steps. Each may be called again after a crash in it. */
export interface SnapshotRestore {
  /** Unpacks beside the data in use, which is not touched. Begins anew when called again. */
  unpack(source: SnapshotSource): Promise<void>;
  /** Puts the unpacked data in place and what was there aside. The stack is stopped. */
  place(): Promise<void>;
  /** The reverse. The stack is stopped. */
  putBack(): Promise<void>;
  /** Removes, of all this, what the runtime keeps outside the stack's directory. What is in place stays. */
  tidy(): Promise<void>;
}
