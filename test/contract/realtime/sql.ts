import type { Client } from 'pg';
import { users } from './tokens.ts';

/** Statements that the recording abbreviates, in full. */
const abbreviated: Record<string, string> = {
  'begin; insert into secure(id,owner) values(51,U1); update secure set owner=U2 where id=51; commit': `begin; insert into secure(id,owner,body) values(51,'${users.U1}','x'); update secure set owner='${users.U2}' where id=51; commit`,
  'begin; insert into secure(id,owner) values(50,U1); delete from secure where id=50; commit': `begin; insert into secure(id,owner,body) values(50,'${users.U1}','x'); delete from secure where id=50; commit`,
};

/** Runs a recorded statement; `[as {claims}]` in front assumes that role and those claims for it. */
export async function runSql(db: Client, recorded: string): Promise<void> {
  const match = /^\[as (\{[^\]]*\})\] (.*)$/s.exec(recorded);
  if (match === null) {
    await db.query(abbreviated[recorded] ?? recorded);
    return;
  }
  const [, claims = '{}', statement = ''] = match;
  const { role, sub = '' }: { role: string; sub?: string } = JSON.parse(claims);
  await db.query('begin');
  await db.query(
    "select set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true), set_config('role', $3, true)",
    [claims, sub, role],
  );
  await db.query(statement);
  await db.query('commit');
}
