import { execFile } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { freemem, platform, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Check } from './check.ts';

const run = promisify(execFile);
const megabyte = 1024 * 1024;

/** What any stack needs of the machine. Pure data but for what each check reads. */
export const machineChecks = (baseDir: string): readonly Check[] => [
  {
    id: 'node-version',
    title: 'Node.js',
    severity: 'error',
    run: () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      const ok = major > 22 || (major === 22 && minor >= 12);
      return { ok, evidence: `Node ${process.versions.node}`, remedy: 'Install Node 22.12 or newer.' };
    },
  },
  {
    id: 'platform',
    title: 'Operating system',
    severity: 'warning',
    run: () => ({
      ok: platform() === 'linux' || platform() === 'darwin',
      evidence: `${platform()} ${release()} ${process.arch}`,
      remedy: 'Use Linux or macOS.',
    }),
  },
  {
    id: 'git',
    title: 'git',
    severity: 'error',
    run: async () => {
      try {
        return { ok: true, evidence: (await run('git', ['--version'])).stdout.trim() };
      } catch {
        return { ok: false, evidence: 'git does not run', remedy: 'Install git: workers clone repositories with it.' };
      }
    },
  },
  {
    id: 'memory',
    title: 'Memory',
    severity: 'warning',
    run: () => ({
      ok: totalmem() >= 1500 * megabyte,
      evidence: `${Math.round(freemem() / megabyte)} MB free of ${Math.round(totalmem() / megabyte)} MB`,
      remedy:
        'An idle stack takes up to 700 MB, and steps of deployments need theirs: use a machine with 2 GB or more.',
    }),
  },
  {
    id: 'disk',
    title: 'Disk space',
    severity: 'error',
    run: () => {
      const place = existingAncestor(baseDir);
      const { bavail, bsize } = statfsSync(place);
      const freeMegabytes = Math.floor((bavail * bsize) / megabyte);
      return {
        ok: freeMegabytes >= 500,
        evidence: `${freeMegabytes} MB free at ${place}`,
        remedy: 'Free at least 500 MB there, or choose another place with --base-dir.',
      };
    },
  },
];

/** The directory itself or the nearest one above it that exists. */
const existingAncestor = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : existingAncestor(dirname(path));
