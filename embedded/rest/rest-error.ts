import { SfpError } from '../../contracts/error.ts';

/** What a failed request answers: the HTTP side (status, headers, reason) of the platform's expected failure. */
export class RestError extends SfpError {
  readonly status: number;
  /** An object only where PostgREST answers one (the candidates of an ambiguous embed). */
  readonly details: unknown;
  readonly hint: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly reason: string | undefined;

  constructor(answer: {
    status: number;
    code: string;
    message: string;
    details?: unknown;
    hint?: string | null | undefined;
    headers?: Record<string, string>;
    reason?: string | undefined;
  }) {
    super({ code: answer.code, message: answer.message });
    this.name = 'RestError';
    this.status = answer.status;
    this.details = answer.details ?? null;
    this.hint = answer.hint ?? null;
    this.headers = answer.headers ?? {};
    this.reason = answer.reason;
  }

  toBody(): string {
    return JSON.stringify({ code: this.code, details: this.details, hint: this.hint, message: this.message });
  }
}
