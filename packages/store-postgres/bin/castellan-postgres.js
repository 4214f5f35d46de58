#!/usr/bin/env node
// What is published has `dist` and no sources. In a clone the sources are the truth, built or not, as in the tests.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/cli/castellan-postgres.ts', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`castellan-postgres: Node.js 22.12 or newer is needed, this is ${process.version}\n`);
  process.exitCode = 1;
} else if (fs.existsSync(source)) {
  const strip = process.features.typescript
    ? []
    : ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
  const args = [...strip, '--conditions=@castellan/source', source, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
} else {
  await import('../dist/cli/castellan-postgres.js');
}
