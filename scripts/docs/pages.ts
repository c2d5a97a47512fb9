import { apiDocument } from './api-document.ts';
import { apiPage } from './api-page.ts';
import { cliPage } from './cli-page.ts';

export interface GeneratedPage {
  /** From the root of the repository. */
  path: string;
  text: string;
}

/** Every page that is made from the code, as it should be now. */
export async function generatedPages(): Promise<GeneratedPage[]> {
  return [
    { path: 'docs/cli.md', text: await cliPage() },
    { path: 'docs/api.md', text: apiPage(await apiDocument()) },
  ];
}
