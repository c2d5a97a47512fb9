import { describe, expect, it } from 'vitest';
import { platformVersion } from '../cli/platform-version.ts';
import { exampleStack, externalEngineStack, fullStack, vaultRootKey } from '../test/compose/example-stack.ts';
import { oldestFeatures } from './engine/engine-features.ts';
import { renderStackFiles } from './stack-files.ts';

const stacks = { plain: exampleStack, full: fullStack, 'external-engine': externalEngineStack };
const render = (stack = exampleStack()) =>
  renderStackFiles(stack, { vaultRootKey, platformVersion: platformVersion(), digests: {}, features: oldestFeatures });

describe.each(Object.entries(stacks))('the files of the %s stack', (name, make) => {
  const files = render(make());

  it('are as they were reviewed', async () => {
    const text = files.map(({ path, content, mode }) => `=== ${path} ${mode.toString(8)}\n${content}`).join('\n');
    await expect(text).toMatchFileSnapshot(`../test/compose/${name}.snapshot.txt`);
  });

  it('are the same bytes when rendered again', () => {
    expect(render(make())).toEqual(files);
  });

  it('hold secrets only where nobody else can read', () => {
    const { secrets } = make();
    const values = Object.values({
      ...secrets,
      vaultRootKey,
      ...secrets.oauthClientSecrets,
      d: secrets.jwtSigningKey.d,
    })
      .filter((value) => typeof value === 'string')
      .filter((value) => value !== secrets.hatchetTenantId);
    const leaked = files
      .filter(({ mode }) => (mode & 0o077) !== 0)
      .flatMap(({ path, content }) =>
        values.filter((value) => content.includes(value)).map((value) => `${path}: ${value}`),
      );
    expect(leaked).toEqual([]);
    expect(
      files.filter(({ path }) => path.startsWith('env/') || path === 'kong.yml').map(({ mode }) => mode),
    ).not.toContain(0o644);
  });
});

it('gives each service only the secrets that it needs', () => {
  const holders = (value: string) =>
    render()
      .filter(({ path, content }) => path.startsWith('env/') && content.includes(value))
      .map(({ path }) => path.slice('env/'.length, -'.env'.length));
  const { secrets } = exampleStack();
  expect(holders(secrets.databasePassword)).toEqual([]);
  expect(holders(vaultRootKey)).toEqual(['vault-key']);
  expect(holders(secrets.jwtSigningKey.d)).toEqual(['auth', 'api']);
  expect(holders(secrets.jwtSecret)).toEqual(['auth', 'realtime']);
  expect(holders(secrets.secretKey)).toEqual(['kong', 'api', 'worker-standard', 'worker-long']);
  expect(holders(secrets.dispatchSecret)).toEqual(['supabase-migrations', 'api']);
  expect(holders(secrets.adminPassword)).toEqual([]);
});

it('refuses settings whose secret is missing, and roles that a container cannot be', () => {
  const oauth = exampleStack({ auth: { oauth: { github: { clientId: 'x' } }, redirectUrls: [] } });
  expect(() => render(oauth)).toThrow(/no "oauthClientSecrets.github"/);
  expect(() =>
    render(exampleStack({ auth: { oauth: {}, redirectUrls: [], saml: { allowEncryptedAssertions: false } } })),
  ).toThrow(/no "samlPrivateKey"/);
  const engine = { hatchet: { url: 'https://hatchet.example' } };
  expect(() => render(exampleStack({ roles: engine }))).toThrow(/no "hatchetClientToken"/);
  expect(() => render(exampleStack({ roles: { rest: { url: 'https://rest.example' } } }))).toThrow(/role "rest"/);
});
