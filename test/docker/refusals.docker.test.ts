import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DockerHome } from './support/docker-home.ts';
import { resourcesOf } from './support/project-resources.ts';
import { officialTag } from './support/stack-images.ts';

const tenant = `dkf${process.pid}`;
const failureSchema = z.object({
  error: z.object({ code: z.string(), message: z.string().min(10), suggestion: z.string().min(5) }),
});
const here = ['--tenant', tenant] as const;

// Nothing of these may start a container, and each says what to do next.
describe('lifecycle commands refuse', () => {
  const home = new DockerHome();
  const server: string[] = [];

  const settings = (change: Record<string, unknown>): void =>
    writeFileSync(home.layout(tenant).serverFile, JSON.stringify({ ...JSON.parse(server[0] ?? ''), ...change }));
  const refusal = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await home.sfp('server', ...args, '--json');
    const last = stderr.split('\n').findLast((line) => line.startsWith('{')) ?? '';
    return `${code} ${failureSchema.parse(JSON.parse(last)).error.code}`;
  };

  beforeAll(async () => {
    await home.render(tenant);
    server.push(readFileSync(home.layout(tenant).serverFile, 'utf8'));
  });
  afterAll(() => home.close());

  it.each([
    ['a stack that is not there', '1 stack_not_found', ['start', '--tenant', 'nobody']],
    ['to destroy what is not there', '1 stack_not_found', ['destroy', '--tenant', 'nobody', '--yes']],
    ['to start what was only rendered', '1 stack_only_rendered', ['start', ...here]],
    ['to restart what was only rendered', '1 stack_only_rendered', ['restart', ...here]],
    ['an unknown pool', '2 usage', ['scale', ...here, '--pool', 'none', '--slots', '3']],
    ['a pool without a slot', '2 usage', ['scale', ...here, '--pool', 'long', '--slots', '0']],
    ['lines that are no number', '2 usage', ['logs', ...here, '--tail', 'many']],
    ['an unknown service', '1 service_unknown', ['logs', ...here, '--service', 'nothing']],
    ['a name that is none', '1 tenant_name_invalid', ['init', '--tenant', 'Not_A_Name', '--mode', 'prod']],
    [
      'a domain without production',
      '2 usage',
      ['init', '--tenant', 'other', '--mode', 'dev', '--domain', 'a.example.com'],
    ],
    ['to destroy without a word', '2 input_required', ['destroy', ...here]],
  ])('%s', async (_, expected, args) => {
    expect(await refusal(...args)).toBe(expected);
  });

  it('an image that nobody has', async () => {
    settings({ images: { db: 'sfp-test/nothing:1' } });
    expect(await refusal('init', ...here, '--mode', 'prod')).toBe('1 image_unavailable');
    expect(await refusal('start', ...here)).toBe('1 stack_incomplete');
  });

  it('a program in the place of a container', async () => {
    settings({ images: { db: officialTag('db') }, roles: { rest: { program: '/bin/true', args: [] } } });
    expect(await refusal('init', ...here, '--mode', 'prod')).toBe('1 role_override_not_supported');
  });

  it('a port that somebody has', async () => {
    settings({ images: { db: officialTag('db') } });
    const taken = createServer().listen(Number(new URL(home.url(tenant)).port), '127.0.0.1');
    await once(taken, 'listening');
    try {
      expect(await refusal('init', ...here, '--mode', 'prod')).toMatch(/^1 .*port/);
    } finally {
      taken.close();
    }
  });

  it('an engine that does not answer', async () => {
    const elsewhere = { DOCKER_HOST: `unix://${home.path('nothing.sock')}` };
    const { code, stderr } = await home.with(elsewhere).sfp('server', 'init', ...here, '--mode', 'prod');
    expect(code).toBe(1);
    expect(stderr).toContain('The container engine does not answer');
  });

  it('a damaged server.json', async () => {
    writeFileSync(home.layout(tenant).serverFile, '{');
    expect(await refusal('start', ...here)).toBe('1 server_settings_invalid');
    expect(await refusal('init', ...here, '--mode', 'prod')).toBe('1 server_settings_invalid');
  });

  it('and have started nothing', async () => {
    expect((await resourcesOf(tenant, {})).containers).toEqual([]);
  });
});
