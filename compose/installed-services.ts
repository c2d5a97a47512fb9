import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { readTextFile } from '../stack/atomic-file.ts';
import type { StackLayout } from '../stack/layout.ts';
import { serverCommand } from '../stack/server-command.ts';
import { configLabel } from './project.ts';

const fileSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      restart: z.string().optional(),
      depends_on: z.record(z.string(), z.unknown()).default({}),
      labels: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** A service as compose.yaml on disk has it, of whatever platform version that is. */
export interface InstalledService {
  name: string;
  image: string;
  /** Runs to its end before what needs it starts. */
  job: boolean;
  needs: readonly string[];
  /** Which settings it has; see configId. */
  config: string | null;
}

/** The services of a compose.yaml. */
export function servicesOfFile(text: string): InstalledService[] {
  return Object.entries(fileSchema.parse(parse(text)).services).map(([name, service]) => ({
    name,
    image: service.image,
    job: service.restart === 'no',
    needs: Object.keys(service.depends_on),
    config: service.labels[configLabel] ?? null,
  }));
}

/** What is installed; null when nothing was rendered yet. */
export function installedServices(layout: StackLayout): InstalledService[] | null {
  const path = join(layout.dir, 'compose.yaml');
  const text = readTextFile(path);
  if (text === null) return null;
  try {
    return servicesOfFile(text);
  } catch (cause) {
    throw new SfpError(
      {
        code: 'compose_file_invalid',
        message: 'The rendered compose.yaml of this stack is damaged.',
        detail: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
        suggestion: `Write it again: \`${serverCommand(layout, 'init', '--mode', 'prod', '--render-only')}\`.`,
      },
      { cause },
    );
  }
}

/** The same, of a stack that must have been rendered. */
export function requireInstalledServices(layout: StackLayout): InstalledService[] {
  const services = installedServices(layout);
  if (services !== null) return services;
  throw new SfpError({
    code: 'not_installed',
    message: `Stack "${layout.tenant}" has no compose.yaml.`,
    suggestion: `Write it with \`${serverCommand(layout, 'init', '--mode', 'prod', '--render-only')}\`.`,
  });
}

/** These services and everything that needs one of them, directly or not. */
export function withDependents(all: readonly InstalledService[], names: Iterable<string>): Set<string> {
  const found = new Set(names);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, needs } of all) if (needs.some((need) => found.has(need))) found.add(name);
  }
  return found;
}

/** In an order in which each comes after what it needs. */
export function startOrder(all: readonly InstalledService[]): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const need of all.find((service) => service.name === name)?.needs ?? []) visit(need);
    order.push(name);
  };
  for (const { name } of all) visit(name);
  return order;
}
