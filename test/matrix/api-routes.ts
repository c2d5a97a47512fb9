import { apiApp } from '../../scripts/docs/api-document.ts';

/** Every route that the API serves, also those that its OpenAPI document leaves out. */
export const apiRoutes = (): { method: string; path: string }[] =>
  apiApp().routes.filter(({ method }) => method !== 'ALL');
