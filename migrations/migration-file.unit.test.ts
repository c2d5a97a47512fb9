import { describe, expect, it } from 'vitest';
import { parseMigration, readMigrations } from './migration-file.ts';

describe('a migration file', () => {
  it('says its number, whether it breaks and what it is for', () => {
    const parsed = parseMigration('0007_x.sql', '-- breaking: yes\n-- Drops the old column.\nselect 1;');
    expect(parsed).toMatchObject({ version: 7, breaking: true, purpose: 'Drops the old column.' });
  });

  it('has the same checksum with either line ending', () => {
    const text = '-- breaking: no\n-- A.\nselect 1;\n';
    expect(parseMigration('0001_a.sql', text.replaceAll('\n', '\r\n')).checksum).toBe(
      parseMigration('0001_a.sql', text).checksum,
    );
  });

  it.each([
    ['1_a.sql', '-- breaking: no\n-- A.\n'],
    ['0001_a.sql', '-- A.\n-- breaking: no\n'],
    ['0001_a.sql', '-- breaking: maybe\n-- A.\n'],
  ])('%s without its form is refused', (file, text) => {
    expect(() => parseMigration(file, text)).toThrow('is not a migration');
  });

  it('ours are numbered without a hole', async () => {
    const migrations = await readMigrations();
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });
});
