import { open, stat } from 'node:fs/promises';
import { Client } from 'pg';
import { z } from 'zod';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string | undefined;
  'Index Name'?: string | undefined;
  'Sort Key'?: string[] | undefined;
  'Scan Direction'?: string | undefined;
  Plans?: PlanNode[] | undefined;
}
const nodeSchema: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Relation Name': z.string().optional(),
    'Index Name': z.string().optional(),
    'Sort Key': z.array(z.string()).optional(),
    'Scan Direction': z.string().optional(),
    Plans: z.array(nodeSchema).optional(),
  }),
);
const entrySchema = z.object({ 'Query Text': z.string(), Plan: nodeSchema });

/** A statement as the database ran it, functions' own statements included, with the plan that it had. */
export interface Planned {
  query: string;
  plan: PlanNode;
}

export interface PlanLog {
  /** What was planned since the last call. */
  take(): Promise<Planned[]>;
}

/** Lets the server write the plan of every statement of new connections into its log; those that are open are cut. */
export async function watchPlans(superuserUrl: string): Promise<PlanLog> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  let file = '';
  try {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    // Where the embedded server's messages go.
    file = `${rows[0]?.data_directory}.log`;
    for (const [name, value] of Object.entries({
      session_preload_libraries: 'auto_explain',
      'auto_explain.log_min_duration': '0',
      'auto_explain.log_nested_statements': 'on',
      'auto_explain.log_format': 'json',
    })) {
      await client.query(`alter database postgres set ${name} = '${value}'`);
    }
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'`);
  } finally {
    await client.end();
  }
  let offset = (await stat(file)).size;
  return {
    async take() {
      const handle = await open(file, 'r');
      try {
        const { size } = await handle.stat();
        const buffer = Buffer.alloc(size - offset);
        await handle.read(buffer, 0, buffer.length, offset);
        offset = size;
        return parsePlans(buffer.toString('utf8'));
      } finally {
        await handle.close();
      }
    },
  };
}

function parsePlans(log: string): Planned[] {
  // An entry begins with a time; the lines that follow are indented.
  return log.split(/\n(?=\d{4}-\d\d-\d\d )/).flatMap((entry) => {
    const json = /LOG: {2}duration: [\d.]+ ms {2}plan:\n([\s\S]*)$/.exec(entry)?.[1];
    if (json === undefined) return [];
    const { 'Query Text': query, Plan: plan } = entrySchema.parse(JSON.parse(json));
    return [{ query: query.replaceAll(/\s+/g, ' ').trim(), plan }];
  });
}

const nodes = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Tables that the plan reads from one end to the other. */
export const wholeReads = ({ plan }: Planned): string[] =>
  nodes(plan).flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : []));

/**
 * How a plan gets at its rows, without costs: each table with the index that it is read by, and what is sorted. Partitions
 * of a table are one line, and so are an index scan and a bitmap of the same index: which of both depends on a few rows.
 */
export function planText(plan: PlanNode): string {
  const name = (text: string): string => text.replace(/_(\d{4}_\d\d|default)(?=_|$)/, '');
  const lines = nodes(plan).flatMap((node) => {
    const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index, 'Sort Key': key } = node;
    if (index !== undefined) return [`by ${name(index)}`];
    if (type === 'Seq Scan' && relation !== undefined) return [`${name(relation)}, which is small`];
    return key === undefined ? [] : [`sorted by ${key.join(', ')}`];
  });
  return [...new Set(lines)].sort().join('\n');
}

/** The tables of a plan; a partition under its table's name. */
export const tablesOf = ({ plan }: Planned): string[] =>
  nodes(plan).flatMap((node) => node['Relation Name']?.replace(/_(\d{4}_\d\d|default)$/, '') ?? []);
