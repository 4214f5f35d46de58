import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const conditions = ['@castellan/source', 'module', 'node', 'development|production'];
const source = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: ['@castellan/source'] } } };
/**
 * Vitest leaves one core to itself, which on two cores is one file at a time. Most of these files wait for a server, a
 * clock or a child process half of their time.
 */
const maxWorkers = Math.max(2, availableParallelism() - 1);
/** Bounds of milliseconds are in these: they run alone, after all others. */
const timed = ['packages/store-redis/src/*faults.server.test.ts', 'tests/server/limit-outages*.test.ts'];
// the programs that tests start are compiled once, not at each of some fifty starts
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, '.cache', 'compile');

export default defineConfig({
  test: {
    reporters: ['default', './tests/support/closing-line.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary'],
      reportsDirectory: 'coverage',
    },
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          maxWorkers,
          include: ['packages/*/src/**/*.test.ts', 'tests/{docs,adapters}/**/*.test.ts'],
          exclude: ['**/*.server.test.ts'],
          testTimeout: 30_000,
          typecheck: {
            enabled: true,
            checker: './node_modules/typescript7/bin/tsc',
            include: ['packages/*/src/**/*.test-d.ts'],
            tsconfig: './tests/tsconfig.json',
          },
        },
      },
      {
        ...source,
        test: {
          name: 'server',
          maxWorkers,
          include: ['packages/*/src/**/*.server.test.ts', 'tests/server/**/*.test.ts'],
          exclude: timed,
          globalSetup: ['./tests/support/global-setup.ts'],
          testTimeout: 180_000, // 200 rounds of a race on a slow machine
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'timed',
          include: timed,
          fileParallelism: false,
          globalSetup: ['./tests/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          maxWorkers,
          include: ['tests/e2e/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
          globalSetup: ['./tests/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
