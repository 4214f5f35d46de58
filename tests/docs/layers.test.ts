import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-layers-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Runs the layer check over a small tree of sources; what it prints, or '' where it found nothing. */
function check(files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  const depcruise = path.join(root, 'node_modules/.bin/depcruise');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [depcruise, '--config', path.join(root, '.dependency-cruiser.mjs'), 'packages'],
    { cwd: folder, encoding: 'utf8' },
  );
  return status === 0 ? '' : stdout + stderr;
}
const core = 'packages/core/src';

describe('the layer check', () => {
  test('passes where imports point inwards', () => {
    expect(
      check({
        [`${core}/kernel/clock.ts`]: 'export type Clock = () => number;',
        [`${core}/tokens/memo.ts`]: "import type { Clock } from '../kernel/clock.ts';\nexport type Memo = Clock;",
        [`${core}/sessions/check.ts`]: "import type { Memo } from '../tokens/memo.ts';\nexport type Check = Memo;",
      }),
    ).toBe('');
  });
  test.each([
    ['kernel-imports-nothing-of-ours', `${core}/kernel/a.ts`, `${core}/http/b.ts`, '../http/b.ts'],
    ['http-imports-only-the-kernel', `${core}/http/a.ts`, `${core}/tokens/b.ts`, '../tokens/b.ts'],
    ['tokens-imports-only-along-the-arrows', `${core}/tokens/a.ts`, `${core}/sessions/b.ts`, '../sessions/b.ts'],
    ['sessions-imports-only-along-the-arrows', `${core}/sessions/a.ts`, `${core}/accounts/b.ts`, '../accounts/b.ts'],
    ['accounts-imports-only-along-the-arrows', `${core}/accounts/a.ts`, `${core}/castellan.ts`, '../castellan.ts'],
    ['testkit-imports-core-by-its-name', 'packages/testkit/src/a.ts', `${core}/http/b.ts`, '../../core/src/http/b.ts'],
  ])('fails with %s', (rule, from, to, specifier) => {
    const found = check({
      [from]: `import type { B } from '${specifier}';\nexport type A = B;`,
      [to]: 'export type B = 1;',
    });
    expect(found).toContain(rule);
  });
  test('fails when a source imports what only tests share', () => {
    const found = check({
      'packages/store-redis/src/a.ts': "import { b } from './b.cases.ts';\nexport const a = b;",
      'packages/store-redis/src/b.cases.ts': 'export const b = 1;',
    });
    expect(found).toContain('sources-import-no-tests');
  });
  test('fails on a circle', () => {
    const found = check({
      [`${core}/audit/a.ts`]: "import type { B } from './b.ts';\nexport type A = B;",
      [`${core}/audit/b.ts`]: "import type { A } from './a.ts';\nexport type B = A;",
    });
    expect(found).toContain('no-circles');
  });
  test('fails when core imports a fourth package', () => {
    expect(check({ [`${core}/tokens/a.ts`]: "import 'left-pad';" })).toContain('core-imports-three-packages');
  });
});
