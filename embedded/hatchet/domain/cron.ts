const shortcuts = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const field = /^(\*|\d+(-\d+)?|[a-z]{3}(-[a-z]{3})?|\?)(\/\d+)?$/i;
const timeZone = /^(CRON_TZ|TZ)=\S+\s+/;

/** Five fields, or six with seconds first; an optional time zone in front; or a shortcut such as `@hourly`. */
export function isCron(text: string): boolean {
  const expression = text.replace(timeZone, '').trim();
  if (shortcuts.has(expression)) return true;
  const fields = expression.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return false;
  return fields.every((part) => part.split(',').every((item) => field.test(item)));
}
