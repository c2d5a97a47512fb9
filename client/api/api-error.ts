import type { Conflict, Failure } from '../../contracts/error.ts';
import { problemSchema, SfpError } from '../../contracts/error.ts';

/** A refusal by the server: its problem document, with the status and the id to find it in the server's log. */
export class ApiError extends SfpError {
  readonly status: number;
  readonly requestId: string | undefined;
  /** Of a `version_conflict`: both versions. */
  readonly conflict: Conflict | undefined;

  constructor(failure: Failure, status: number, requestId: string | undefined, conflict?: Conflict) {
    super(failure);
    this.status = status;
    this.requestId = requestId;
    this.conflict = conflict;
  }
}

/** How to look at the stack; without its name, how to find that first. */
const statusCommand = (tenant: string | undefined): string =>
  tenant === undefined
    ? 'sfp server list, then sfp server status --tenant <name>'
    : `sfp server status --tenant ${tenant}`;

/** Reads the problem out of an answer that is not 2xx; an answer that is no problem document (a proxy's page) becomes one. */
export function apiErrorOf(status: number, body: unknown, url: string, tenant?: string): ApiError {
  const parsed = problemSchema.safeParse(body);
  if (parsed.success) {
    const { code, message, detail, suggestion, requestId, errors, conflict } = parsed.data;
    const findings = errors?.map(({ path, message: text }) => `${path}: ${text}`).join('\n');
    const both = conflict === undefined ? undefined : differenceLines(conflict);
    const evidence = [detail, findings, both].filter((text) => text !== undefined && text !== '').join('\n');
    return new ApiError(
      {
        code,
        message,
        ...(evidence === '' ? {} : { detail: evidence }),
        ...(suggestion === undefined ? {} : { suggestion }),
      },
      status,
      requestId,
      conflict,
    );
  }
  return new ApiError(
    {
      code: status === 401 ? 'unauthorized' : status >= 500 ? 'server_unavailable' : 'unexpected_answer',
      message: `The server answered ${status} without saying why.`,
      detail: url,
      suggestion:
        status >= 500
          ? `It may be starting or updating. Try again, or look on its machine: ${statusCommand(tenant)}`
          : 'Is this the URL of an sfp server?',
    },
    status,
    undefined,
  );
}

const longestValue = 48;
const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
};

/** What the change would have said and what is there now, field by field beside each other. */
function differenceLines({ differences }: Conflict): string {
  if (differences.length === 0) return '';
  const rows = [
    ['field', 'yours', 'now'],
    ...differences.map(({ field, yours, current }) => [field, shown(yours), shown(current)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function unreachable(url: string, cause: unknown, tenant?: string): SfpError {
  return new SfpError(
    {
      code: 'server_unreachable',
      message: `The server at ${new URL(url).origin} does not answer.`,
      detail: reasonOf(cause),
      suggestion: `Does it run, and is the URL right? On its machine: ${statusCommand(tenant)}`,
    },
    { cause },
  );
}

/** `fetch failed` says nothing; the reason is the innermost cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return error.message || error.name;
}

const passingStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** True for what may be different in a moment: nobody answered, or a server that is busy, starting or broken. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiError
    ? passingStatuses.has(error.status)
    : error instanceof SfpError && error.code === 'server_unreachable';
