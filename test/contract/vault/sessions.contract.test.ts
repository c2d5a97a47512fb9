import { afterAll, beforeAll, test } from 'vitest';
import { openTarget, type Target } from '../postgres/fixture.ts';
import { playSession } from '../postgres/session-player.ts';
import { readSession } from '../postgres/session-recording.ts';
import { Claims } from '../support/claims.ts';
import { Bindings } from '../support/compare.ts';
import { Report } from '../support/report.ts';

const claims = new Claims('vault');
const report = new Report('vault', claims);
const bindings = new Bindings();
let target: Target;

beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  report.print();
  await target.stop();
});

// P is the migrations' role; the other names are sessions of the superuser, which changes role where the recording did.
const roles: Readonly<Record<string, string>> = { P: 'postgres' };

test.each(claims.scenarios)('%s', async (scenario) => {
  await target.admin.query('truncate vault.secrets');
  await playSession(scenario, readSession(scenario), {
    url: (conn) => target.url(roles[conn] ?? 'supabase_admin'),
    report,
    bindings,
  });
  report.assert(scenario);
});
