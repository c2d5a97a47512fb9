import { createHash, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import { transaction } from '../database/pool.ts';
import { allSteps, type WorkflowDefinition, workflowDefinitionSchema } from '../domain/workflow.ts';

/** One version of a workflow, immutable. */
export interface WorkflowVersion {
  workflowId: string;
  versionId: string;
  definition: WorkflowDefinition;
}

const rowSchema = z.object({ workflow_id: z.string(), id: z.string(), definition: z.string(), checksum: z.string() });

const fromRow = (value: unknown): WorkflowVersion & { checksum: string } => {
  const row = rowSchema.parse(value);
  return {
    workflowId: row.workflow_id,
    versionId: row.id,
    checksum: row.checksum,
    definition: workflowDefinitionSchema.parse(JSON.parse(row.definition)),
  };
};

/** The workflows that exist, with the newest version of each in memory: triggers and event pushes look nothing up. */
export class WorkflowCatalog {
  readonly #pool: Pool;
  readonly #newest = new Map<string, WorkflowVersion & { checksum: string }>();
  readonly #versions = new Map<string, WorkflowVersion>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async load(): Promise<void> {
    const { rows } = await this.#pool.query(
      `select distinct on (workflow_id) workflow_id, id, checksum, definition
         from workflow_versions order by workflow_id, ord desc`,
    );
    for (const row of rows) this.#remember(fromRow(row));
  }

  /** The version that a trigger by this name starts. Names are stored in lower case and matched exactly. */
  find(name: string): WorkflowVersion | undefined {
    return this.#newest.get(name);
  }

  all(): IterableIterator<WorkflowVersion> {
    return this.#newest.values();
  }

  /** Any version, also one that is no longer the newest: runs go on with the definition they started with. */
  async version(versionId: string): Promise<WorkflowVersion> {
    const known = this.#versions.get(versionId);
    if (known !== undefined) return known;
    const { rows } = await this.#pool.query(
      'select workflow_id, id, checksum, definition from workflow_versions where id = $1',
      [versionId],
    );
    const version = fromRow(rows[0]);
    this.#versions.set(versionId, version);
    return version;
  }

  /** Stores a definition. The same as the newest one keeps its version; anything else, also an older one, is a new version. */
  async put(definition: WorkflowDefinition): Promise<WorkflowVersion> {
    const checksum = checksumOf(definition);
    const newest = this.#newest.get(definition.name);
    if (newest?.checksum === checksum) return newest;
    const versionId = randomUUID();
    const workflowId = await transaction(this.#pool, async (client) => {
      const { rows } = await client.query(
        `insert into workflows (id, name, description) values ($1, $2, $3)
         on conflict (name) do update set description = excluded.description, updated_at = now() returning id`,
        [randomUUID(), definition.name, definition.description],
      );
      const { id } = z.object({ id: z.string() }).parse(rows[0]);
      await client.query(
        'insert into workflow_versions (id, workflow_id, checksum, definition) values ($1, $2, $3, $4)',
        [versionId, id, checksum, JSON.stringify(definition)],
      );
      return id;
    });
    const version = { workflowId, versionId, checksum, definition };
    this.#remember(version);
    return version;
  }

  #remember(version: WorkflowVersion & { checksum: string }): void {
    this.#newest.set(version.definition.name, version);
    this.#versions.set(version.versionId, version);
  }
}

/** Step ids are new with every put and do not count. */
const checksumOf = (definition: WorkflowDefinition): string => {
  const plain = {
    ...definition,
    steps: allSteps(definition).map((step) => ({ ...step, stepId: '' })),
    onFailure: definition.onFailure?.name ?? null,
  };
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex');
};
