import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { runChecks } from './check.ts';
import { domainChecks } from './domain.ts';

it('knows a name of this machine, and one that nobody has', async () => {
  expect((await runChecks(domainChecks('localhost', 1)))[0]).toMatchObject({ id: 'domain', ok: true });
  expect((await runChecks(domainChecks('nobody.invalid', 1)))[0]).toMatchObject({
    ok: false,
    severity: 'warning',
    remedy: 'Add a DNS record for nobody.invalid.',
  });
});

it('looks at the certificate that is served', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sfp-tls-'));
  const key = join(dir, 'key.pem');
  const cert = join(dir, 'cert.pem');
  const subject = ['-subj', '/CN=localhost', '-days', '30', '-keyout', key, '-out', cert];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject],
    {
      stdio: 'ignore',
    },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  try {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const [, certificate] = await runChecks(domainChecks('localhost', (server.address() as AddressInfo).port));
    expect(certificate).toMatchObject({ id: 'certificate', ok: false });
    expect(certificate?.evidence).toMatch(/^of localhost, valid until .*: DEPTH_ZERO_SELF_SIGNED_CERT$/);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true, force: true });
  }
  const [, gone] = await runChecks(domainChecks('localhost', 1));
  expect(gone).toMatchObject({ ok: false, evidence: expect.stringContaining('ECONNREFUSED') });
});
