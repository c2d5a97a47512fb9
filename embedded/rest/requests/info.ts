import type { Answer } from '../answer/answer.ts';
import { negotiateDocument } from '../http/media-type.ts';
import { findRoutine } from '../plan/find-routine.ts';
import { findTable } from '../plan/find-table.ts';
import { parseRequestQuery } from '../query/request-query.ts';
import type { Context } from '../service.ts';

const allow = (methods: readonly string[]): Answer => ({
  status: 200,
  headers: { 'access-control-allow-origin': '*', allow: ['OPTIONS', ...methods].join(',') },
  body: '',
});

/** OPTIONS of anything, and the root. */
export function info(context: Context): Answer {
  const { request, cache } = context;
  const { target, schema } = request;
  switch (target.kind) {
    case 'relation': {
      const table = findTable(cache, { schema, name: target.name });
      const { insertable, updatable, deletable, primaryKey } = table;
      return allow([
        'GET',
        'HEAD',
        ...(insertable ? ['POST'] : []),
        ...(insertable && updatable && primaryKey.length > 0 ? ['PUT'] : []),
        ...(updatable ? ['PATCH'] : []),
        ...(deletable ? ['DELETE'] : []),
      ]);
    }
    case 'routine': {
      const keys = parseRequestQuery(request.parameters, true).arguments.map(([key]) => key);
      const routine = findRoutine(cache, { schema, name: target.name }, keys, undefined);
      return allow(routine.volatility === 'volatile' ? ['POST'] : ['GET', 'HEAD', 'POST']);
    }
    case 'root':
      if (request.method === 'OPTIONS') return allow(['GET', 'HEAD']);
      negotiateDocument(request.headers.accept);
      return {
        status: 200,
        headers: { 'content-type': 'application/openapi+json; charset=utf-8' },
        // The full description is the business of a later version; clients only need a valid document here.
        body: JSON.stringify({ swagger: '2.0', info: { title: 'REST over the database', version: '1' }, paths: {} }),
      };
  }
}
