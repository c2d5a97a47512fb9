import { z } from 'zod';
import { isUuid } from '../domain/uuid.ts';
import { type RunStatusName, runStatuses } from '../store/run-reads.ts';

/** A request that is refused: the status and the `message` of the answer. */
export class RestRefusal extends Error {
  readonly status: 400 | 404 | 500;

  constructor(status: 400 | 404 | 500, message: string) {
    super(message);
    this.status = status;
  }
}

export const notFound = (): RestRefusal => new RestRefusal(404, 'not found');

/** Query parameters, with the refusals of the real API. */
export class Query {
  readonly #parameters: URLSearchParams;

  constructor(url: string) {
    this.#parameters = new URL(url).searchParams;
  }

  text(name: string): string | undefined {
    return this.#parameters.get(name) ?? undefined;
  }

  list(name: string): string[] | undefined {
    const values = this.#parameters.getAll(name).flatMap((value) => value.split(','));
    return values.length === 0 ? undefined : values;
  }

  int(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d+$/.test(text))
      throw new RestRefusal(
        400,
        `Invalid format for parameter ${name}: error binding string parameter: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
      );
    return Number(text);
  }

  required(name: string): string {
    const text = this.text(name);
    if (text === undefined)
      throw new RestRefusal(400, `Invalid format for parameter ${name}: query parameter '${name}' is required`);
    return text;
  }

  date(name: string): Date | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) throw new RestRefusal(400, `Invalid format for parameter ${name}`);
    return date;
  }

  uuids(name: string): string[] | undefined {
    const ids = this.list(name);
    for (const id of ids ?? []) requireUuid(id, `invalid ${name}`);
    return ids;
  }
}

export const requireUuid = (text: string, message: string): string => {
  if (!isUuid(text)) throw new RestRefusal(400, message);
  return text;
};

const statusSchema = z.enum(runStatuses);

/** Known statuses only: an invalid one is ignored, as recorded. */
export const knownStatuses = (values: string[] | undefined): RunStatusName[] | undefined => {
  const known = (values ?? []).flatMap((value) => {
    const parsed = statusSchema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
  return known.length === 0 ? undefined : known;
};

/** `key:value` pairs; the value may hold colons. */
export const metadataPairs = (values: string[] | undefined): Record<string, string>[] | undefined => {
  if (values === undefined || values.length === 0) return undefined;
  return values.map((pair) => {
    const colon = pair.indexOf(':');
    return { [pair.slice(0, colon)]: pair.slice(colon + 1) };
  });
};
