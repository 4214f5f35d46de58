import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/kernel/index.ts',
    'src/http/index.ts',
    'src/node/index.ts',
    'src/tokens/index.ts',
    'src/revocation/index.ts',
    'src/browser/index.ts',
    'src/sessions/index.ts',
    'src/accounts/index.ts',
    'src/limits/index.ts',
    'src/audit/index.ts',
    'src/logging/index.ts',
    'src/health/index.ts',
  ],
  format: ['esm'],
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'node22',
  platform: 'node',
  treeshake: true,
});
