/** What a route answers. `body` undefined: no body at all; a string goes out as text. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export const ok = (body: unknown, headers?: Record<string, string>): Reply =>
  headers === undefined ? { status: 200, body } : { status: 200, body, headers };
export const noContent: Reply = { status: 204 };
