/** What goes to the client. */
export interface Answer {
  status: number;
  /** HTTP reason phrase; undefined: the usual one. */
  reason?: string | undefined;
  headers: Record<string, string | string[]>;
  body: string;
}

/** The single row that a query answers with. */
export interface AnswerRow {
  total: number | undefined;
  rows: number;
  body: string;
  headers: string | undefined;
  status: string | undefined;
  location: string | undefined;
  inserted: number;
}

/** Reads the row; its columns are those of sql/answer.ts. */
export function readRow(fields: readonly (string | null)[]): AnswerRow {
  const [total, rows, body, headers, status, location, inserted] = fields;
  return {
    total: total === null || total === undefined ? undefined : Number(total),
    rows: Number(rows ?? 0),
    body: body ?? 'null',
    headers: headers ?? undefined,
    status: status ?? undefined,
    location: location ?? undefined,
    inserted: Number(inserted ?? 0),
  };
}
