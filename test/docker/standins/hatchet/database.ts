import pg from 'pg';

/** The engine refuses to work on a database of another time zone. */
export async function checkDatabase(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ TimeZone: string }>('show timezone');
    const zone = rows[0]?.TimeZone;
    if (zone !== 'UTC') throw new Error(`the database's timezone is ${zone}, not UTC`);
  } finally {
    await client.end();
  }
}
