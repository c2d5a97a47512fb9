import { type Engine, ensureEngine } from './engine/engine.ts';
import { buildImages } from './standins/images.ts';

const report = (line: string): void => void process.stderr.write(`${line}\n`);
let engine: Engine | null = null;

/** Once before the tests: an engine that answers, and an image for every role. */
export async function setup(): Promise<void> {
  engine = await ensureEngine(report);
  Object.assign(process.env, engine.env);
  try {
    await buildImages(report);
  } catch (error) {
    // Vitest tears down only what was set up.
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  await engine?.close();
  engine = null;
}
