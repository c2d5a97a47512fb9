import type { z } from 'zod';

/** Ends the process as the real program would: its environment is not one it starts with. */
export function officialEnvironment<Schema extends z.ZodType>(program: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  // Names and rules, never values: some are secrets.
  for (const issue of parsed.error.issues) {
    process.stderr.write(`${program}: ${issue.path.join('.')}: ${issue.message}\n`);
  }
  process.exit(1);
}

/** Variables of the program's own prefix that it does not know: a misspelt one must not pass in silence. */
export function refuseUnknown(program: string, prefix: string, known: readonly (string | RegExp)[]): void {
  const unknown = Object.keys(process.env).filter(
    (name) =>
      name.startsWith(prefix) && !known.some((rule) => (typeof rule === 'string' ? rule === name : rule.test(name))),
  );
  if (unknown.length === 0) return;
  process.stderr.write(`${program}: unknown variables: ${unknown.join(', ')}\n`);
  process.exit(1);
}

/** Goes on as the built program, in this process: signals and exit codes are its own. */
export const become = async (role: string): Promise<void> => {
  await import(new URL(`./dist/embedded/${role}/main.js`, import.meta.url).href);
};
