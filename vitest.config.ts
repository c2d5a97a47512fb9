import { defineConfig } from 'vitest/config';

// Five kinds of tests (docs/testing.md). Everything but `unit` starts real processes, so files of those
// projects run a few at a time, one project after the other: the suite has to hold on two cores.
const started = { testTimeout: 60_000, hookTimeout: 120_000 };

// With `npm run test:docker` only: it needs a container engine, and root where none answers.
const docker = {
  test: {
    name: 'docker',
    include: ['test/docker/**/*.docker.test.ts'],
    globalSetup: ['test/docker/global-setup.ts'],
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // A key is derived from a passphrase slowly on purpose: 5 s of a busy machine.
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
          include: ['**/*.unit.test.{ts,tsx}'],
          exclude: ['node_modules/**', 'dist/**'],
        },
      },
      {
        test: {
          name: 'contract',
          sequence: { groupOrder: 1 },
          include: ['test/contract/**/*.contract.test.ts'],
          maxWorkers: 2,
          ...started,
        },
      },
      {
        test: {
          name: 'integration',
          sequence: { groupOrder: 2 },
          include: ['**/*.integration.test.ts'],
          exclude: ['node_modules/**', 'dist/**'],
          maxWorkers: 2,
          ...started,
        },
      },
      {
        test: {
          name: 'matrix',
          sequence: { groupOrder: 3 },
          include: ['test/matrix/**/*.matrix.test.ts'],
          maxWorkers: 1,
          ...started,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 4 },
          include: ['test/e2e/**/*.e2e.test.ts'],
          // They wait more than they compute: for a lease of somebody killed, for a schedule, for a backup.
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      ...(process.env.SFP_TEST_DOCKER === undefined ? [] : [docker]),
    ],
  },
});
