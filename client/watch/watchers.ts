import { z } from 'zod';
import type { Watcher } from './feed-source.ts';

const presenceSchema = z.record(z.string(), z.array(z.looseObject({ name: z.string().max(200).catch('somebody') })));

/** Who has the task open, this watch first. What others track is not trusted: it is read by a schema and cut short. */
export function watchersOf(presence: unknown, self: string): readonly Watcher[] {
  const parsed = presenceSchema.safeParse(presence);
  if (!parsed.success) return [];
  return Object.entries(parsed.data)
    .flatMap(([id, metas]) => {
      const name = metas[0]?.name;
      return name === undefined ? [] : [{ id, name, self: id === self }];
    })
    .sort((a, b) => Number(b.self) - Number(a.self) || a.name.localeCompare(b.name));
}
