import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPeppers, generatePepper } from './peppers.ts';

const A = 'A'.repeat(43);
const B = `${'B'.repeat(42)}A`;

describe('peppers', () => {
  test('the first is active, all are known', () => {
    const peppers = createPeppers(`2:${A}, 1:${B}`);
    expect(peppers.active.id).toBe(2);
    expect(peppers.find(1)?.id).toBe(1);
    expect(peppers.find(0)).toBeUndefined();
  });

  test('every id from 0 to 255 may be used', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (id) => createPeppers(generatePepper(id)).active.id === id),
    );
  });

  test.each([
    ['', 'entry 1'],
    [A, 'entry 1'],
    [`256:${A}`, 'id'],
    [`-1:${A}`, 'id'],
    [`01:${A}`, 'id'],
    [`1.5:${A}`, 'id'],
    [`1:${A}A`, '32 bytes'],
    [`1:${A.slice(1)}`, '32 bytes'],
    [`1:${A.slice(1)}B`, '32 bytes'],
    [`1:${A}=`, '32 bytes'],
    ['1:', '32 bytes'],
    [`1:${A},`, 'entry 2'],
    [`1:${A},1:${B}`, 'repeats the id'],
    [`1:${A},2:${A}`, 'repeats the secret'],
  ])('%j is refused by an error that names the option and shows no secret', (text, says) => {
    const error = thrown(() => createPeppers(text, 'options.peppers'));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('options.peppers');
    expect(String(error)).toContain(says);
    expect(String(error)).not.toContain('AAAA');
  });

  test('printing peppers shows no key', () => {
    const peppers = createPeppers(`1:${A}`);
    for (const shown of [inspect(peppers, { depth: 9, showHidden: true }), JSON.stringify(peppers)]) {
      expect(shown).not.toContain('AAAA');
      expect(shown).not.toMatch(/Buffer|Uint8Array|00 00/);
    }
  });

  test('two peppers share no key, and no key is used for two purposes', () => {
    const peppers = createPeppers(`1:${A},2:${B}`);
    const probe = new Uint8Array(32);
    const macs = [peppers.active, peppers.find(2)].flatMap((keys) =>
      keys
        ? [keys.tag(probe), keys.hash(probe), keys.next(probe), keys.attempt(probe)].map((mac) => mac.toString())
        : [],
    );
    expect(new Set(macs).size).toBe(8);
  });
});

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
