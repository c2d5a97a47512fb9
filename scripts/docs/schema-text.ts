import type { JsonSchema } from './api-document.ts';

/** Schemas that have a name on the page, by their JSON. */
export type SchemaNames = ReadonlyMap<string, string>;

const formats: Readonly<Record<string, string>> = {
  uuid: 'uuid',
  'date-time': 'timestamp',
  email: 'email',
  uri: 'url',
};

/** A schema as a reader of TypeScript expects it; constraints stand behind the property as a comment. */
export function schemaText(schema: JsonSchema, names: SchemaNames, indent = ''): string {
  const name = names.get(JSON.stringify(schema));
  return name ?? definitionText(schema, names, indent);
}

/** The same, spelled out although it has a name. */
export function definitionText(schema: JsonSchema, names: SchemaNames, indent = ''): string {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return alternatives.map((each) => schemaText(each, names, indent)).join(' | ');
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = [schema.type ?? 'unknown'].flat();
  return types.map((type) => typeText(type, schema, names, indent)).join(' | ');
}

function typeText(type: string, schema: JsonSchema, names: SchemaNames, indent: string): string {
  if (type === 'array') {
    const item = schemaText(schema.items ?? {}, names, indent);
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
  }
  if (type === 'string') return formats[schema.format ?? ''] ?? 'string';
  if (type !== 'object') return type;
  const { properties, additionalProperties, required = [] } = schema;
  if (properties === undefined) {
    const value =
      typeof additionalProperties === 'object' ? schemaText(additionalProperties, names, indent) : 'unknown';
    return `{ [name]: ${value} }`;
  }
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([key, property]) => {
    const optional = required.includes(key) ? '' : '?';
    const comment = constraints(property);
    return `${inner}${key}${optional}: ${schemaText(property, names, inner)};${comment === '' ? '' : ` // ${comment}`}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Limits and default of a value, in words. */
export function constraints({ minimum, maximum, minLength, maxLength, pattern, default: usual }: JsonSchema): string {
  const range = (least: number | undefined, most: number | undefined, unit: string): string[] => {
    const bounded = most !== undefined && most < Number.MAX_SAFE_INTEGER;
    if (bounded) return [`${least ?? 0} to ${most}${unit}`];
    return least === undefined ? [] : [`at least ${least}${unit}`];
  };
  return [
    ...range(minimum, maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
    ...(usual === undefined ? [] : [`default ${JSON.stringify(usual)}`]),
  ].join(', ');
}
