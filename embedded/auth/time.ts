/** A timestamp as Postgres writes it in UTC, or inside its JSON, in the form that clients of GoTrue get. */
export const toIso = (text: string): string => text.replace(' ', 'T').replace(/\+00(?::00)?$|(?<=\d)$/, 'Z');
