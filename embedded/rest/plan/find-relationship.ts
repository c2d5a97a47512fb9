import { RestError } from '../rest-error.ts';
import { similar } from '../schema/fuzzy.ts';
import {
  type ForeignRelationship,
  keyOf,
  type QualifiedName,
  type Relationship,
  type SchemaCache,
} from '../schema/model.ts';

const singleOwn = ({ columns }: ForeignRelationship): string | undefined =>
  columns.length === 1 ? columns[0]?.[0] : undefined;
const singleOther = ({ columns }: ForeignRelationship): string | undefined =>
  columns.length === 1 ? columns[0]?.[1] : undefined;

function fits(relationship: Relationship, target: string, hint: string | undefined): boolean {
  if (relationship.kind === 'computed') return relationship.function.name === target;
  const { foreign, cardinality, constraint, self, foreignIsView, junction } = relationship;
  const byName = target === foreign.name;
  if (self && cardinality !== 'many-to-many') {
    if (hint === undefined)
      return (
        (byName && cardinality === 'one-to-many') ||
        (singleOwn(relationship) === target && cardinality === 'many-to-one')
      );
    return byName && cardinality === 'one-to-many' && singleOther(relationship) === hint;
  }
  if (hint === undefined)
    return (
      byName ||
      (junction === undefined && !foreignIsView && (constraint === target || singleOwn(relationship) === target))
    );
  if (junction !== undefined) return byName && junction.name === hint;
  return byName && (constraint === hint || singleOwn(relationship) === hint || singleOther(relationship) === hint);
}

const names = (columns: readonly string[]): string => `(${columns.join(', ')})`;

function candidate(relationship: ForeignRelationship): Record<string, string> {
  const { table, foreign, cardinality, constraint, columns, junction } = relationship;
  const described =
    junction === undefined
      ? `${constraint} using ${table.name}${names(columns.map(([own]) => own))} and ${foreign.name}${names(columns.map(([, other]) => other))}`
      : `${junction.name} using ${junction.sourceConstraint}${names(junction.source.map(([, own]) => own))} and ${junction.targetConstraint}${names(junction.target.map(([own]) => own))}`;
  return { cardinality, embedding: `${table.name} with ${foreign.name}`, relationship: described };
}

function ambiguous(origin: string, target: string, found: readonly Relationship[]): RestError {
  const foreign = found.filter((one) => one.kind === 'foreign');
  const choices = foreign.map((one) => `'${one.foreign.name}!${one.junction?.name ?? one.constraint}'`);
  return new RestError({
    status: 300,
    code: 'PGRST201',
    message: `Could not embed because more than one relationship was found for '${origin}' and '${target}'`,
    details: foreign.map(candidate),
    hint: `Try changing '${target}' to one of the following: ${choices.join(', ')}. Find the desired relationship in the 'details' key.`,
  });
}

function missing(cache: SchemaCache, origin: QualifiedName, target: string, hint: string | undefined): RestError {
  const own = cache.relationships.get(keyOf(origin));
  const inSchema = ({ foreign }: Relationship): boolean => foreign.schema === origin.schema;
  const nearest =
    own === undefined
      ? similar(
          [...cache.relationships.values()].flatMap(([one]) =>
            one !== undefined && one.table.schema === origin.schema ? [one.table.name] : [],
          ),
          origin.name,
        )[0]
      : similar(
          own.filter(inSchema).map(({ foreign }) => foreign.name),
          target,
        ).filter(({ score }) => score < 1)[0];
  const wrong = own === undefined ? origin.name : target;
  return new RestError({
    status: 400,
    code: 'PGRST200',
    message: `Could not find a relationship between '${origin.name}' and '${target}' in the schema cache`,
    details: `Searched for a foreign key relationship between '${origin.name}' and '${target}'${hint === undefined ? '' : ` using the hint '${hint}'`} in the schema '${origin.schema}', but no matches were found.`,
    hint: nearest === undefined ? null : `Perhaps you meant '${nearest.text}' instead of '${wrong}'.`,
  });
}

/** The one relationship that `target` and `hint` name, seen from `origin`; refuses when there is none or more. */
export function findRelationship(
  cache: SchemaCache,
  origin: QualifiedName,
  target: string,
  hint: string | undefined,
): Relationship {
  const found = (cache.relationships.get(keyOf(origin)) ?? []).filter(
    (one) => one.foreign.schema === origin.schema && fits(one, target, hint),
  );
  const [first, second] = found;
  if (first === undefined) throw missing(cache, origin, target, hint);
  if (second !== undefined) throw ambiguous(origin.name, target, found);
  return first;
}
