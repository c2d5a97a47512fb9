import { z } from 'zod';
import { RestError } from '../rest-error.ts';
import type { Answer, AnswerRow } from './answer.ts';

const headersSchema = z.array(z.record(z.string(), z.string()));

const invalid = (code: string, message: string): RestError => new RestError({ status: 500, code, message });

/** Applies what SQL said in `response.headers` and `response.status`; repeated headers are all kept. */
export function withSqlResponse(answer: Answer, row: AnswerRow): Answer {
  const headers = { ...answer.headers };
  if (row.headers !== undefined) {
    const own: Record<string, string | string[]> = {};
    for (const object of parseHeaders(row.headers))
      for (const [name, value] of Object.entries(object)) {
        const key = name.toLowerCase();
        const before = own[key];
        own[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
      }
    Object.assign(headers, own);
  }
  if (row.status === undefined) return { ...answer, headers };
  const status = Number(row.status);
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw invalid('PGRST112', 'response.status guc must be a valid status code');
  return { ...answer, headers, status };
}

function parseHeaders(text: string): Record<string, string>[] {
  const problem = 'response.headers guc must be a JSON array composed of objects with a single key and a string value';
  try {
    const parsed = headersSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw invalid('PGRST111', problem);
    return parsed.data;
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('PGRST111', problem);
    throw error;
  }
}
