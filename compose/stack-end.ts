import { type StackLayout, stackId } from '../stack/layout.ts';
import type { Report } from '../stack/runtime.ts';
import { engine } from './engine/docker-engine.ts';
import { endOrphans } from './engine/orphans.ts';
import { stackLabel, stackLabels } from './project.ts';
import { isShared } from './project-owner.ts';
import { isGone, ownerOf, projectFilter } from './stack-containers.ts';

interface Found {
  id: string;
  labels: Readonly<Record<string, string>> | null | undefined;
}

/**
 * Ends and removes every container, network and volume of a stack by its labels: neither its files nor Compose are needed.
 * What an operator added in compose.override.yaml and carries none of ours goes with it, unless a stack of another directory
 * has the same project.
 */
export async function endStack(layout: StackLayout, report: Report): Promise<void> {
  await endOrphans(layout);
  const own = stackId(layout.dir);
  const shared = await isShared(layout);
  const isOwn = ({ labels }: Found): boolean => {
    const owner = ownerOf(labels);
    return owner === null ? !shared : owner === own;
  };
  const unnamed = await unnamedVolumes(layout, isOwn);
  for (const { title, list, remove } of kinds) {
    const found = (await list(layout)).filter(isOwn);
    if (found.length === 0) continue;
    report(`removing ${found.length} ${title}`);
    await Promise.all(found.map(({ id }) => unlessGone(remove(id))));
  }
  await Promise.all(unnamed.map((name) => unlessGone(engine((client) => client.getVolume(name).remove()))));
}

/**
 * Volumes without a name of ours (a worker's workspace): they carry no label, and Compose hands them on by their number to
 * the next container of a service, with which the engine no longer takes them away.
 */
async function unnamedVolumes(layout: StackLayout, isOwn: (found: Found) => boolean): Promise<string[]> {
  const lists = await Promise.all(
    filtersOf(layout).map((label) => engine((client) => client.listContainers({ all: true, filters: { label } }))),
  );
  const names = lists
    .flat()
    .filter(({ Id, Labels }) => isOwn({ id: Id, labels: Labels }))
    .flatMap(({ Mounts }) =>
      Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name !== undefined ? [Name] : [])),
    );
  return [...new Set(names)].filter((name) => /^[0-9a-f]{64}$/.test(name));
}

const unlessGone = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};

/** Of the project, and what carries our label without it: helpers, the maintenance answer. */
const filtersOf = (layout: StackLayout) => [
  projectFilter(layout),
  [`${stackLabel}=${stackLabels(layout)[stackLabel]}`],
];

const once = (found: Found[]): Found[] => [...new Map(found.map((one) => [one.id, one])).values()];

/** In the order in which they can go. */
const kinds: readonly {
  title: string;
  list(layout: StackLayout): Promise<Found[]>;
  remove(id: string): Promise<unknown>;
}[] = [
  {
    title: 'containers',
    list: async (layout) => {
      const lists = await Promise.all(
        filtersOf(layout).map((label) => engine((client) => client.listContainers({ all: true, filters: { label } }))),
      );
      return once(lists.flat().map(({ Id, Labels }) => ({ id: Id, labels: Labels })));
    },
    remove: (id) => engine((client) => client.getContainer(id).remove({ force: true, v: true })),
  },
  {
    title: 'networks',
    list: async (layout) => {
      const lists = await Promise.all(
        filtersOf(layout).map((label) => engine((client) => client.listNetworks({ filters: { label } }))),
      );
      return once(lists.flat().map(({ Id, Labels }) => ({ id: Id, labels: Labels })));
    },
    remove: (id) => engine((client) => client.getNetwork(id).remove()),
  },
  {
    title: 'volumes',
    list: async (layout) => {
      const lists = await Promise.all(
        filtersOf(layout).map((label) => engine((client) => client.listVolumes({ filters: { label } }))),
      );
      return once(
        lists.flatMap(({ Volumes }) => (Volumes ?? []).map(({ Name, Labels }) => ({ id: Name, labels: Labels }))),
      );
    },
    remove: (id) => engine((client) => client.getVolume(id).remove()),
  },
];
