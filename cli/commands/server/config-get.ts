import type { Output } from '../../output/output.ts';
import { fields } from '../../output/table.ts';

/** All settings, or those below the keys: one key alone prints its bare value. */
export async function configGet(
  { baseDir, tenant }: { baseDir: string; tenant: string },
  keys: readonly string[],
  output: Output,
): Promise<void> {
  const [{ stackLayout }, { requireServerSettings }, { flatSettings, settingValue, shown }] = await Promise.all([
    import('../../../stack/layout.ts'),
    import('../../../stack/server-settings.ts'),
    import('../../../stack/settings/shown.ts'),
  ]);
  const settings = requireServerSettings(stackLayout(baseDir, tenant));
  const [only] = keys;
  if (only === undefined) {
    output.result(shown(settings), fields(flatSettings(settings)));
  } else if (keys.length === 1) {
    const value = settingValue(settings, only);
    output.result({ key: only, value: value ?? null }, value === undefined ? '' : text(value));
  } else {
    const values = keys.map((key) => [key, settingValue(settings, key)] as const);
    output.result(
      Object.fromEntries(values.map(([key, value]) => [key, value ?? null])),
      fields(values.map(([key, value]) => [key, value === undefined ? null : text(value)])),
    );
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
