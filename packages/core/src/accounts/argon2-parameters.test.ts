import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkParameters, fillingWork, owaspParameters, parseArgon2, workOf } from './argon2-parameters.ts';

describe('the parameters of a hash', () => {
  const SALT = 'A'.repeat(22);
  const HASH = 'A'.repeat(43);

  it('are read from its PHC string', () => {
    expect(parseArgon2(`$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${HASH}`)).toEqual({
      ...owaspParameters,
      current: true,
    });
  });

  it.each([
    ['Argon2i', `$argon2i$v=19$m=19456,t=2,p=1$${SALT}$${HASH}`],
    ['version 0x10', `$argon2id$v=16$m=19456,t=2,p=1$${SALT}$${HASH}`],
    ['a short salt', `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(11)}$${HASH}`],
    ['a short hash', `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${'A'.repeat(22)}`],
  ])('are of an older form: %s', (_, stored) => {
    expect(parseArgon2(stored)?.current).toBe(false);
  });

  it.each(['', '$2b$12$abc', '$argon2id$', '$argon2id$v=19$m=1', 'argon2id'])('are none of %j', (stored) => {
    expect(parseArgon2(stored)).toBeUndefined();
  });

  it('of the work that is missing fill it to within one part in a hundred, and never take more memory', () => {
    const parameters = fc.record({
      memoryKiB: fc.integer({ min: 1024, max: 65_536 }),
      passes: fc.integer({ min: 1, max: 6 }),
      parallelism: fc.constant(1),
    });
    fc.assert(
      fc.property(parameters, parameters, (spent, today) => {
        const filling = fillingWork(spent, today);
        const missing = workOf(today) - workOf(spent);
        if (!filling) {
          expect(missing).toBeLessThan(8);
          return;
        }
        expect(filling.memoryKiB).toBeLessThanOrEqual(today.memoryKiB);
        expect(Math.abs(workOf(filling) - missing)).toBeLessThanOrEqual(workOf(today) / 100);
      }),
    );
  });

  it.each([
    ['memoryKiB', 7],
    ['memoryKiB', 19_456.5],
    ['passes', 0],
    ['parallelism', 0],
    ['parallelism', 256],
    ['passes', Number.NaN],
  ])('are refused by name when Argon2 can’t take them: %s %s', (name, value) => {
    expect(() => checkParameters({ [name]: value })).toThrow(new RegExp(`accounts\\.argon2\\.${name}`));
  });
});
