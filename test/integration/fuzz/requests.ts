import fc from 'fast-check';
import type { JsonSchema, Operation } from '../../../scripts/docs/api-document.ts';
import { junk, spoiltValuesOf, valuesOf } from './values.ts';

/** One request of an operation; `path` has its parameters and its query in it. */
export interface FuzzRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Who asks: an index into the actors of the test. */
  actor: number;
}

export interface Target {
  method: string;
  path: string;
  operation: Operation;
}

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
/** What fetch can put into a header. */
const headerText = (value: unknown): string =>
  written(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
/** Not so long that the HTTP server refuses the request before the API sees it: 16 KiB of headers, Node's default. */
const encoded = (value: unknown): string => encodeURIComponent(written(value).slice(0, 400).toWellFormed());

/** Mostly what the parameter's schema allows, sometimes anything. */
function parameter(schema: JsonSchema, known: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: valuesOf(schema, known) }, { weight: 1, arbitrary: junk });
}

function query(operation: Operation, known: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const named = operation.parameters.filter((of) => of.in === 'query');
  const values = Object.fromEntries(named.map(({ name, schema }) => [name, parameter(schema, known)]));
  const surplus = { surplus: junk };
  return fc.record({ ...values, ...surplus }, { requiredKeys: [] }).map((chosen) => {
    const pairs = Object.entries(chosen).map(([name, value]) => `${encodeURIComponent(name)}=${encoded(value)}`);
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  });
}

function path(target: Target, known: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const named = target.operation.parameters.filter((of) => of.in === 'path');
  return fc.tuple(...named.map(({ schema }) => parameter(schema, known))).map((values) =>
    // An empty segment would be another route.
    named.reduce((text, { name }, n) => text.replace(`{${name}}`, encoded(values[n]) || '%20'), target.path),
  );
}

function headers(operation: Operation, known: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  const named = operation.parameters.filter((of) => of.in === 'header');
  const version = fc.constantFrom('*', '"1"', '"2"', '1', 'W/"1"', '""');
  const values = named.map(({ name, schema }) => [
    name,
    name.toLowerCase() === 'if-match' ? fc.oneof(version, junk) : parameter(schema, known),
  ]);
  return fc
    .record({ ...Object.fromEntries(values), 'idempotency-key': fc.oneof(fc.uuid(), junk) }, { requiredKeys: [] })
    .map((chosen) =>
      Object.fromEntries(Object.entries<unknown>(chosen).map(([name, value]) => [name, headerText(value)])),
    );
}

function body(operation: Operation, known: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> {
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  if (schema === undefined) return fc.constant(undefined);
  const json = (value: unknown): string => JSON.stringify(value) ?? 'null';
  return fc.oneof(
    { weight: 6, arbitrary: valuesOf(schema, known).map(json) },
    { weight: 6, arbitrary: spoiltValuesOf(schema, known).map(json) },
    { weight: 1, arbitrary: fc.constantFrom('', '{', '{"a":', 'null', '[]', '"\\ud800"', '{"__proto__":{"x":1}}') },
  );
}

/**
 * Requests of one operation: half of them as its description allows, the others with something wrong about them.
 *
 * @param known ids and names of things that are there
 * @param actors how many there are to choose from
 */
export function requestsOf(target: Target, known: fc.Arbitrary<string>, actors: number): fc.Arbitrary<FuzzRequest> {
  return fc.record({
    method: fc.constant(target.method.toUpperCase()),
    path: fc.tuple(path(target, known), query(target.operation, known)).map((parts) => parts.join('')),
    headers: headers(target.operation, known),
    body: body(target.operation, known),
    actor: fc.nat(actors - 1),
  });
}
