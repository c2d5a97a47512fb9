import type { RestError } from '../rest-error.ts';
import type { Answer } from './answer.ts';

/** The error as an answer. A reason phrase loses what HTTP does not allow in it. */
export function errorAnswer(error: RestError): Answer {
  return {
    status: error.status,
    reason: error.reason?.replace(/[^\t\x20-\x7e\x80-\xff]/g, ' '),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'proxy-status': `PostgREST; error=${error.code}`,
      ...error.headers,
    },
    body: error.toBody(),
  };
}
