import { join } from 'node:path';
import { rolldown } from 'rolldown';

const here = new URL('./', import.meta.url).pathname;
const gatewayRoutes = /\/embedded\/gateway\/routes\.ts$|^\.\/routes\.ts$/;

/** One module of the stand-ins with all that it imports, as one file. */
export async function bundleAdapter(source: string, file: string): Promise<void> {
  const build = await rolldown({
    input: join(here, source),
    external: ['pg-native'],
    platform: 'node',
    logLevel: 'warn',
    plugins: [
      {
        name: 'declared-routes',
        resolveId: (id, importer) =>
          gatewayRoutes.test(id) && importer?.includes('/embedded/gateway/')
            ? join(here, 'kong/declared-routes.ts')
            : null,
      },
    ],
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
}
