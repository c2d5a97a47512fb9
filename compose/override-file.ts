import { join } from 'node:path';
import type { StackLayout } from '../stack/layout.ts';

/** What the operator adds to compose.yaml, or changes in it; ours never. */
export const overrideFile = ({ dir }: Pick<StackLayout, 'dir'>): string => join(dir, 'compose.override.yaml');
