import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import { docker } from './engine/docker-command.ts';
import { excerpt } from './engine/docker-failure.ts';
import { inspectImage } from './image-inspect.ts';

/** Registries slow a client down that asks for more at once. */
const atOnce = 3;

interface EnsureOptions {
  signal: AbortSignal;
  report: Report;
}

/** Gets what the engine does not have yet. All that can be had are there when one could not be. */
export async function ensureImages(references: readonly string[], options: EnsureOptions): Promise<void> {
  const waiting = [...new Set(references)];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let reference = waiting.shift(); reference !== undefined; reference = waiting.shift()) {
      try {
        await ensureImage(reference, options);
      } catch (error) {
        failures.push(error);
        if (options.signal.aborted) return;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length === 0) return;
  const [first] = failures;
  const others = failures.slice(1).map((error) => (error instanceof Error ? error.message : String(error)));
  if (!(first instanceof SfpError) || others.length === 0) throw first;
  throw new SfpError({ ...first.toFailure(), detail: [first.detail, ...others].join('\n') });
}

/**
 * One that is there is taken as it is: by digest it cannot be another one, and by tag alone nobody can say which is the
 * right one, so the engine's is (`sfp server images lock` pins it).
 */
async function ensureImage(reference: string, { signal, report }: EnsureOptions): Promise<void> {
  if ((await inspectImage(reference)) !== null) return;
  report(`pulling ${reference}`);
  const began = performance.now();
  try {
    // The docker CLI has the operator's credentials of private registries, its API has not.
    await docker({ args: ['pull', '--quiet', reference], failure: `${reference} could not be pulled.`, signal });
  } catch (error) {
    if (!(error instanceof SfpError) || error.code === 'cancelled' || error.code === 'docker_missing') throw error;
    if (error.code === 'disk_full' || error.code === 'engine_permission_denied') throw error;
    throw new SfpError(
      {
        code: 'image_unavailable',
        message: `The image ${reference} is not on this engine and could not be pulled.`,
        detail: excerpt(error.detail ?? error.message, 4),
        suggestion:
          'Check the network and the name of the image. Without a way to its registry, load a bundle that `sfp server images save` made elsewhere: `sfp server images load <file>`.',
      },
      { cause: error },
    );
  }
  report(`pulled ${reference} in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
