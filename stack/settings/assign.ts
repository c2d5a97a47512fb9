import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { type ServerSettings, serverSettingsSchema } from '../server-settings.ts';
import { assertSettable, secretRefusal, settingSchema } from './setting-key.ts';
import { holdsSecret } from './shown.ts';

export interface Assignment {
  key: string;
  /** As a person writes it; empty puts the default back. */
  text: string;
}

const treeSchema = z.record(z.string(), z.unknown());
type Tree = z.infer<typeof treeSchema>;

/** The settings after the assignments. @throws SfpError that names the key and what is wrong with it */
export function assign(settings: ServerSettings, assignments: readonly Assignment[]): ServerSettings {
  let tree: Tree = settings;
  for (const { key, text } of assignments) {
    assertSettable(key);
    const schema = settingSchema(key);
    const value = text === '' ? undefined : readValue(key, schema, text);
    if (holdsSecret(value)) throw secretRefusal(key, 'The value of');
    tree = replaced(tree, key.split('.'), value);
  }
  const result = serverSettingsSchema.safeParse(tree);
  if (result.success) {
    assertConsistent(result.data);
    return result.data;
  }
  throw invalid(assignments.map(({ key }) => key).join(', '), result.error);
}

/** The first reading of the text that the setting accepts: as it stands, or as JSON. */
function readValue(key: string, schema: z.ZodType, text: string): unknown {
  const asText = schema.safeParse(text);
  if (asText.success) return text;
  const read = json(text);
  if (read === undefined) throw invalid(key, asText.error);
  const asJson = schema.safeParse(read);
  if (asJson.success) return read;
  // `drainTimeoutMs=-1` is about the number, `domain=1` about the text.
  const wrongType = asJson.error.issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0);
  throw invalid(key, wrongType ? asText.error : asJson.error);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // plain text
  }
}

/** The tree with one value replaced, or removed together with what it leaves empty. */
function replaced(tree: Tree, [name = '', ...rest]: readonly string[], value: unknown): Tree {
  const { [name]: before, ...others } = tree;
  if (rest.length === 0) return value === undefined ? others : { ...tree, [name]: value };
  const below = replaced(treeSchema.safeParse(before).data ?? {}, rest, value);
  return value === undefined && Object.keys(below).length === 0 ? others : { ...tree, [name]: below };
}

function assertConsistent({ ports, domain, mode }: ServerSettings): void {
  const entries = Object.entries(ports);
  const twice = entries.find(([name, port]) => entries.some(([other, same]) => other !== name && same === port));
  if (twice !== undefined) {
    throw wrong(`ports.${twice[0]}`, `${twice[1]} is used for two ports of this stack`);
  }
  if (domain !== undefined && mode !== 'prod') {
    throw wrong('domain', 'only a stack of --mode prod has one; set publicUrl for a proxy of your own');
  }
}

const wrong = (key: string, detail: string): SfpError =>
  new SfpError({
    code: 'setting_invalid',
    message: `The value of "${key}" is not possible; nothing was changed.`,
    detail,
    suggestion: 'The settings are described in docs/operating.md, server.json.',
  });

const invalid = (key: string, error: z.ZodError): SfpError =>
  wrong(key, error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': ')).join('\n'));
