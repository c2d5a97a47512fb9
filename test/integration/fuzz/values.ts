import fc from 'fast-check';
import type { JsonSchema } from '../../../scripts/docs/api-document.ts';

/** What nobody sends by accident: other types, other alphabets, other sizes, text that means something to SQL or to a path. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 3_000, maxLength: 5_000 }),
  fc.constantFrom(
    null,
    '',
    ' ',
    '\u0000',
    '\ud800',
    "'; drop table public.tasks; --",
    '%00',
    '../../etc/passwd',
    '*',
    'null',
    'NaN',
    '(select 1)',
    'a,b.c(d)"e"',
    -1,
    0,
    1.5,
    2 ** 31,
    2 ** 53,
    1e308,
    [],
    {},
    [[[[]]]],
    { __proto__: 1, constructor: { prototype: {} } },
  ),
);

const inside = (low: number | undefined, high: number | undefined, most: number) => ({
  min: Math.max(low ?? -most, -most),
  max: Math.min(high ?? most, most),
});

/** Ids and names of things that are there, by the name of the field that names one: `project`, `buildId`. */
export type Known = (field: string) => fc.Arbitrary<string> | undefined;

function text(schema: JsonSchema, known: Known, field: string): fc.Arbitrary<string> {
  const there = known(field);
  const made = invented(schema);
  return there === undefined ? made : fc.oneof({ weight: 9, arbitrary: there }, { weight: 1, arbitrary: made });
}

function invented(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'email') return fc.emailAddress();
  if (schema.format === 'date-time')
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2200-01-01') })
      .map((date) => date.toISOString());
  if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern));
  const minLength = schema.minLength ?? 0;
  const maxLength = Math.max(minLength, Math.min(schema.maxLength ?? 60, 60));
  return fc.string({ minLength, maxLength });
}

/** Values that the schema of a field allows. */
export function valuesOf(schema: JsonSchema, known: Known, field = ''): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valuesOf(choice, known, field)));
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type) => valuesOf({ ...schema, type }, known, field)));
  switch (schema.type) {
    case 'string':
      return text(schema, known, field);
    case 'integer':
      return fc.integer(inside(schema.minimum, schema.maximum, 2 ** 31 - 1));
    case 'number':
      return fc.double({ ...inside(schema.minimum, schema.maximum, 1e9), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, known, field), { maxLength: 4 });
    case 'object':
      return objectsOf(schema, known);
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

function objectsOf(schema: JsonSchema, known: Known): fc.Arbitrary<unknown> {
  const named = Object.entries(schema.properties ?? {}).map(([name, of]) => [name, valuesOf(of, known, name)] as const);
  const object = fc.record(Object.fromEntries(named), { requiredKeys: schema.required ?? [] });
  if (typeof schema.additionalProperties !== 'object') return object;
  const others = fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,10}$/), valuesOf(schema.additionalProperties, known), {
    maxKeys: 3,
  });
  return fc.tuple(object, others).map(([first, second]) => ({ ...second, ...first }));
}

/** The same with one thing about it that is wrong, or something else altogether. */
export const spoiltValuesOf = (schema: JsonSchema, known: Known): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 1, arbitrary: junk },
    {
      weight: 4,
      arbitrary: fc.tuple(valuesOf(schema, known), fc.nat(), junk, fc.boolean()).map(([value, at, wrong, dropped]) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong;
        const names = [...Object.keys(schema.properties ?? {}), 'surplus'];
        const name = names[at % names.length] ?? 'surplus';
        const { [name]: _, ...rest }: Record<string, unknown> = { ...value };
        return dropped ? rest : { ...rest, [name]: wrong };
      }),
    },
  );
