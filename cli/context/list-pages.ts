interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Options of every command that lists. */
export const pageOptions = {
  limit: { type: 'integer', value: 'count', min: 1, max: 10_000, default: 100, summary: 'At most so many' },
} as const;

/** The first `limit` items, over as many pages as that takes. */
export async function listPages<Item>(
  fetchPage: (page: { cursor?: string; limit: number }) => Promise<Page<Item>>,
  limit: number,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await fetchPage({
      ...(cursor === undefined ? {} : { cursor }),
      limit: Math.min(200, limit - items.length),
    });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  return items;
}
