import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** Runs the layer check over a small tree of sources; what it prints, or '' where it found nothing. */
function check(files: Record<string, string>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-layers-'));
  try {
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
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
const core = 'packages/core/src';

/** What breaks each rule: a file, and what it imports. */
const broken = {
  'kernel-imports-nothing-of-ours': [`${core}/kernel/a.ts`, '../http/z.ts'],
  'http-imports-only-the-kernel': [`${core}/http/a.ts`, '../tokens/z.ts'],
  'tokens-imports-only-along-the-arrows': [`${core}/tokens/a.ts`, '../sessions/z.ts'],
  'sessions-imports-only-along-the-arrows': [`${core}/sessions/a.ts`, '../accounts/z.ts'],
  'accounts-imports-only-along-the-arrows': [`${core}/accounts/a.ts`, '../z.ts'],
  'testkit-imports-core-by-its-name': ['packages/testkit/src/a.ts', '../../core/src/http/z.ts'],
  'sources-import-no-tests': ['packages/store-redis/src/a.ts', './z.cases.ts'],
  'no-circles': [`${core}/audit/a.ts`, './z.ts'],
  'core-imports-three-packages': [`${core}/tokens/b.ts`, 'left-pad'],
} as const;

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

  describe('fails at the file that breaks', () => {
    /** One run over all of them: most of a run is its start. */
    let found: string;
    beforeAll(() => {
      const files: Record<string, string> = {};
      for (const [from, specifier] of Object.values(broken)) {
        files[from] = `import type { Z } from '${specifier}';\nexport type A = Z;`;
        if (specifier.startsWith('.')) files[path.join(path.dirname(from), specifier)] = 'export type Z = 1;';
      }
      files[`${core}/audit/z.ts`] = "import type { A } from './a.ts';\nexport type Z = A;";
      found = check(files);
    });
    test.each(Object.entries(broken))('%s', (rule, [from]) => expect(found).toContain(`error ${rule}: ${from} `));
  });
});
