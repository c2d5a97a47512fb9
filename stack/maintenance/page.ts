import type { IncomingHttpHeaders } from 'node:http';

/** For people: what is going on, and the same page again after a while. */
export const maintenancePage = (retryAfter: number): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${retryAfter}">
<title>Maintenance</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem; }
</style>
</head>
<body>
<h1>Maintenance</h1>
<p>This platform is being updated or is starting. This page looks again every ${retryAfter} seconds.</p>
</body>
</html>
`;

/** True for who names HTML and likes it at least as much as JSON: browsers do, programs do not. */
export function prefersHtml({ accept = '' }: IncomingHttpHeaders): boolean {
  const html = quality(accept, ['text/html']);
  return html > 0 && html >= quality(accept, ['application/json', 'application/problem+json']);
}

/** The best quality value that an Accept header gives to one of the types by its name. */
function quality(accept: string, types: readonly string[]): number {
  const given = accept.split(',').flatMap((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (!types.includes(type)) return [];
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return [q === undefined ? 1 : Number(q.slice('q='.length)) || 0];
  });
  return Math.max(0, ...given);
}
