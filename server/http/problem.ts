import { type Conflict, type Failure, type Problem, SfpError } from '../../contracts/error.ts';

/** An expected failure with the HTTP status it answers. */
export class ApiProblem extends SfpError {
  readonly status: number;
  readonly errors: Problem['errors'];
  readonly conflict: Conflict | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    failure: Failure,
    options: {
      cause?: unknown;
      errors?: Problem['errors'];
      conflict?: Conflict;
      headers?: Record<string, string>;
    } = {},
  ) {
    super(failure, options);
    this.name = 'ApiProblem';
    this.status = status;
    this.errors = options.errors;
    this.conflict = options.conflict;
    this.headers = options.headers ?? {};
  }
}

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  422: 'Not valid',
  428: 'Version required',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'A part of the platform answered wrongly',
  503: 'A part of the platform is not available',
};

/** RFC 9457 document of a problem. */
function toProblem(problem: ApiProblem, requestId: string): Problem {
  return {
    type: `urn:sfp:problem:${problem.code}`,
    title: titles[problem.status] ?? 'Failed',
    status: problem.status,
    requestId,
    ...problem.toFailure(),
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...(problem.conflict === undefined ? {} : { conflict: problem.conflict }),
  };
}

/** The answer for every 4xx and 5xx. */
export const problemResponse = (problem: ApiProblem, requestId: string): Response =>
  new Response(JSON.stringify(toProblem(problem, requestId)), {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json', 'x-request-id': requestId },
  });

/** A 404 that says how to find out what there is. */
export const notFound = (what: string, suggestion: string): ApiProblem =>
  new ApiProblem(404, {
    code: 'not_found',
    message: `There is no such ${what}, or it is not yours to see.`,
    suggestion,
  });

export const notSignedIn = (message: string): ApiProblem =>
  new ApiProblem(
    401,
    {
      code: 'unauthorized',
      message,
      suggestion: 'Log in again: sfp login. For a script: sfp token create <name>, and set SFP_TOKEN.',
    },
    { headers: { 'www-authenticate': 'Bearer' } },
  );
