import type { Weakness } from '../password/strength.ts';

/** An answer that is an error: HTTP status, GoTrue's code, text, and headers that go with it. */
export class Failure extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { cause?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

export class WeakPassword extends Failure {
  readonly reasons: Weakness['reasons'];

  constructor(weakness: Weakness) {
    super(422, 'weak_password', weakness.message);
    this.reasons = weakness.reasons;
  }
}

/** The path exists, the method does not. */
export class MethodNotAllowed extends Error {
  readonly allow: string[];

  constructor(allow: string[]) {
    super('method not allowed');
    this.allow = allow;
  }
}

/** The router knows no such path. */
export class NoRoute extends Error {}

export const badRequest = (code: string, message: string): Failure => new Failure(400, code, message);
export const forbidden = (code: string, message: string): Failure => new Failure(403, code, message);
export const notFound = (code: string, message: string): Failure => new Failure(404, code, message);
export const unprocessable = (code: string, message: string): Failure => new Failure(422, code, message);
export const internal = (message: string, cause?: unknown): Failure =>
  new Failure(500, 'unexpected_failure', message, { cause });

export const invalidCredentials = (): Failure => badRequest('invalid_credentials', 'Invalid login credentials');
export const userNotFound = (): Failure => notFound('user_not_found', 'User not found');
export const emailExists = (): Failure =>
  unprocessable('email_exists', 'A user with this email address has already been registered');
/** Whatever would need a mail: this server has no way to send one, and says so instead of pretending. */
export const needsMail = (what: string): Failure =>
  unprocessable('feature_disabled', `${what} needs e-mail, which this server does not send`);
