import type { ImageName } from '../../../stack/image-names.ts';

/** What goes into the context of one image, beside its own directory. */
export interface Recipe {
  /** Also the directory. */
  name: Exclude<ImageName, 'platform'>;
  /** Own modules, made into one file each under `app/`. */
  bundles: Readonly<Record<string, string>>;
  /** Paths from the checkout, by where they go in the context. */
  copies: Readonly<Record<string, string>>;
  /** Our directory below dist/embedded that it runs. */
  program?: string;
}

const adapter = (role: string): Record<string, string> => ({ 'adapter.js': `${role}/adapter.ts` });

export const recipes: readonly Recipe[] = [
  { name: 'db', bundles: { 'pg-net-worker.js': 'db/pg-net-worker.ts' }, copies: {} },
  {
    name: 'auth',
    bundles: adapter('auth'),
    // The one package that a program loads by its name: in a thread that hashes.
    copies: { 'app/node_modules/bcryptjs': 'node_modules/bcryptjs' },
    program: 'auth',
  },
  { name: 'rest', bundles: adapter('rest'), copies: {}, program: 'rest' },
  { name: 'realtime', bundles: adapter('realtime'), copies: {}, program: 'realtime' },
  {
    name: 'hatchet',
    bundles: { ...adapter('hatchet'), 'admin.js': 'hatchet/admin.ts' },
    copies: {},
    program: 'hatchet',
  },
  { name: 'kong', bundles: adapter('kong'), copies: {} },
  { name: 'edge', bundles: {}, copies: {} },
];
