// `node test/docker/standins/remove.ts`: takes the stand-ins out of the engine, before somebody takes them for the official ones.
import { docker, imageContent } from '../support/docker.ts';
import { officialTags } from '../support/stack-images.ts';
import { baseTag, nodeTag } from './images.ts';
import { rootfsTag } from './rootfs.ts';

for (const tag of [...officialTags, nodeTag, baseTag, rootfsTag]) {
  const content = await imageContent(tag);
  if (content === null || content === 'foreign') continue;
  await docker(['image', 'rm', tag]);
  process.stdout.write(`removed ${tag}\n`);
}
