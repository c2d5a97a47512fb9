// `node test/docker/standins/build.ts`: every image of a stack, for the engine that answers.
import { buildImages } from './images.ts';

await buildImages((line) => process.stdout.write(`${line}\n`));
