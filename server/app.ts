import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { ZodError } from 'zod';
import { endpoints } from './endpoints.ts';
import type { Api, AppEnv, Services } from './http/api.ts';
import { docsPage } from './http/docs-page.ts';
import { guard } from './http/guard.ts';
import { invitePage } from './http/invite-page.ts';
import { listCommandOf } from './http/list-commands.ts';
import { ApiProblem, notFound, problemResponse } from './http/problem.ts';
import { requestLog } from './http/request-log.ts';
import { refuseInvalid } from './http/validation.ts';
import { platformVersion } from './platform-version.ts';
import { postDispatch } from './routes/internal/dispatch.ts';

// The largest document, and room for how it is written.
const maxBodyBytes = 2_000_000;

/**
 * Reads what is left of a body, to nowhere. An answer before its end would close the connection under whoever is still
 * sending: the gateway saw a reset in place of the 413, or met the closed connection with its next request.
 */
async function readOut({ body }: Request): Promise<void> {
  if (body === null || body.locked) return;
  await body.pipeTo(new WritableStream());
}

/** What a thrown error answers. Bugs are logged with their stack and tell the caller nothing but the request's id. */
function problemOf(error: Error, services: Services, requestId: string): ApiProblem {
  if (error instanceof ApiProblem) {
    if (error.status >= 500) services.log.warn({ requestId, code: error.code, err: error.cause }, error.message);
    return error;
  }
  if (error instanceof HTTPException) {
    const code = error.status === 400 ? 'body_malformed' : 'request_refused';
    return new ApiProblem(error.status, { code, message: error.message || 'The request is malformed.' });
  }
  services.log.error(
    { requestId, err: error },
    error instanceof ZodError ? 'a row has an unknown shape' : 'unexpected failure',
  );
  return new ApiProblem(500, {
    code: 'internal_error',
    message: 'Something went wrong inside the API server.',
    suggestion: `Look for request ${requestId} in its log: sfp server logs -t ${services.env.tenant} -s api`,
  });
}

/** A 404 that comes from SQL knows no command. */
function withListCommand(problem: ApiProblem, path: string): ApiProblem {
  const suggestion = listCommandOf(path);
  if (problem.status !== 404 || problem.suggestion !== undefined || suggestion === undefined) return problem;
  return new ApiProblem(404, { ...problem.toFailure(), suggestion }, { cause: problem.cause });
}

/** The whole API below /api/v1. */
export function createApp(services: Services): Api {
  const api: Api = new OpenAPIHono<AppEnv>({
    defaultHook: refuseInvalid,
  }).basePath('/api/v1');
  api.use('*', requestLog(services.log));
  api.use(
    '*',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: async (c) => {
        await readOut(c.req.raw);
        throw new ApiProblem(413, { code: 'body_too_large', message: `A body has at most ${maxBodyBytes} bytes.` });
      },
    }),
  );
  api.onError((error, c) => {
    const requestId = c.get('requestId');
    return problemResponse(withListCommand(problemOf(error, services, requestId), c.req.path), requestId);
  });
  api.notFound((c) => {
    const noRoute = notFound('route', `The routes are listed at ${services.env.publicUrl}/api/v1/docs.`);
    return problemResponse(noRoute, c.get('requestId'));
  });

  api.use('*', guard(services));
  for (const endpoint of endpoints) endpoint(api, services);
  postDispatch(api, services);
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A user token, or an application token (sfp_at_…)',
  });
  const info = {
    title: 'sfp API',
    version: platformVersion(),
    description: 'The deployment platform of one organisation.',
  };
  let document: string | undefined;
  api.get('/openapi.json', (c) => {
    // Made when first asked for; it never changes while the process lives.
    document ??= JSON.stringify(
      api.getOpenAPI31Document({ openapi: '3.1.0', info, servers: [{ url: services.env.publicUrl }] }),
    );
    return c.body(document, 200, { 'content-type': 'application/json' });
  });
  api.get('/docs', (c) => c.html(docsPage));
  api.get('/invite', (c) => c.html(invitePage, 200, { 'referrer-policy': 'no-referrer' }));
  return api;
}
