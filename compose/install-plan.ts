import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTextFile } from '../stack/atomic-file.ts';
import type { FileChange, ImageChange, InstallPlan } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { type InstalledService, installedServices, servicesOfFile } from './installed-services.ts';
import type { ServiceName } from './service.ts';
import { serviceTable } from './service-table.ts';
import { stackContainers } from './stack-containers.ts';
import type { StackFile } from './stack-files.ts';
import { changedServices } from './stack-restart.ts';
import { unifiedDiff } from './unified-diff.ts';

/** What writing these files would change, on disk and for the containers that run. Reads only. */
export async function installPlan(stack: Stack, rendered: readonly StackFile[]): Promise<InstallPlan> {
  const { layout } = stack;
  const next = servicesOfFile(rendered.find(({ path }) => path === 'compose.yaml')?.content ?? 'services: {}');
  const containers = await stackContainers(layout);
  const gone = containers
    .map(({ service }) => service)
    .filter((name) => !next.some((service) => service.name === name));
  return {
    files: fileChanges(layout.dir, rendered),
    images: imageChanges(installedServices(layout) ?? [], next),
    services: containers.some(({ running }) => running)
      ? [...(await changedServices(next, containers)), ...gone]
      : next.map(({ name }) => name),
  };
}

const isSecret = ({ path }: Pick<StackFile, 'path'>): boolean => path.startsWith('env/') || path === 'kong.yml';

function fileChanges(dir: string, rendered: readonly StackFile[]): FileChange[] {
  const changes = rendered.flatMap(({ path, content }): FileChange[] => {
    const before = readTextFile(join(dir, path));
    if (before === content) return [];
    const diff = isSecret({ path }) ? changedNames(before ?? '', content) : unifiedDiff(path, before ?? '', content);
    return [{ path, change: before === null ? 'added' : 'changed', diff }];
  });
  const known = new Set(rendered.map(({ path }) => path));
  const removed = earlier(dir).filter((path) => !known.has(path));
  return [...changes, ...removed.map((path): FileChange => ({ path, change: 'removed', diff: null }))];
}

/** Files that an earlier install may have left and this one has not; the others are always there. */
function earlier(dir: string): string[] {
  const edge = readTextFile(join(dir, 'Caddyfile')) === null ? [] : ['Caddyfile'];
  try {
    return [...edge, ...readdirSync(join(dir, 'env')).map((name) => `env/${name}`)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return edge;
    throw error;
  }
}

/** Which variables differ: never what they are. A file that is not made of variables tells nothing but that it differs. */
function changedNames(before: string, after: string): string | null {
  const [old, now] = [variables(before), variables(after)];
  const lines = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    if (old.get(name) === now.get(name)) return [];
    return [`${old.has(name) ? (now.has(name) ? '~' : '-') : '+'} ${name}\n`];
  });
  return lines.length === 0 ? null : lines.join('');
}

const variables = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

function imageChanges(before: readonly InstalledService[], after: readonly InstalledService[]): ImageChange[] {
  const changes = after.flatMap(({ name, image }): ImageChange[] => {
    const from = before.find((service) => service.name === name)?.image ?? null;
    return from === image ? [] : [{ name: imageNameOf(name), from, to: image }];
  });
  return [...new Map(changes.map((change) => [`${change.name} ${change.from} ${change.to}`, change])).values()];
}

/** Several services are made from one image. */
const imageNameOf = (service: string): string =>
  service in serviceTable ? serviceTable[service as ServiceName].image : service;
