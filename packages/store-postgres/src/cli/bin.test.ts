import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

test('the command runs in a clone that was never built', () => {
  const bin = path.resolve(import.meta.dirname, '../../bin/castellan-postgres.js');
  const { status, stdout } = spawnSync(process.execPath, [bin, 'keys', '--peppers'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^1:[\w-]{43}\n$/)]);
});
