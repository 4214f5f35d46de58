import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/pglite/index.ts', 'src/cli/castellan-postgres.ts'],
  format: ['esm'],
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'node22',
  platform: 'node',
  treeshake: true,
});
