import type { ProjectFile } from '../../../contracts/project-file.ts';

/** The project file's `result` with `${VARIABLE}` filled in; an unknown variable stays visible as it was written. */
export function resultUrl(file: ProjectFile, variables: Record<string, string>): string | undefined {
  return file.result?.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (written, name: string) => variables[name] ?? written);
}
