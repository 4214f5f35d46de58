import { defineConfig } from 'vitest/config';

const conditions = ['@castellan/source', 'module', 'node', 'development|production'];
const source = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: ['@castellan/source'] } } };

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
          include: ['packages/*/src/**/*.server.test.ts', 'tests/server/**/*.test.ts'],
          globalSetup: ['./tests/support/global-setup.ts'],
          testTimeout: 180_000, // 200 rounds of a race on a slow machine
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
          globalSetup: ['./tests/support/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
