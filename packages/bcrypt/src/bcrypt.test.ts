import { createHashingGate, createPasswordHasher } from '@castellan/core/accounts';
import { hash, hashSync } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import { bcrypt } from './index.ts';

const PASSWORD = 'correct horse battery staple';

describe('the bcrypt verifier', () => {
  const verifier = bcrypt();

  it.each(['2a', '2b', '2y'] as const)('knows $%s$, and its password from another', async (version) => {
    const stored = await hash(PASSWORD, { cost: 4, version });
    expect(verifier.recognises(stored)).toBe(true);
    expect(await verifier.verify(stored, PASSWORD)).toBe(true);
    expect(await verifier.verify(stored, `${PASSWORD} `)).toBe(false);
    expect(await verifier.verify(stored, '')).toBe(false);
  });

  it('verifies a hash that was made elsewhere (OpenBSD’s test vector)', async () => {
    const stored = '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe';
    expect(await verifier.verify(stored, 'a')).toBe(true);
    expect(await verifier.verify(stored, 'b')).toBe(false);
  });

  const good = hashSync(PASSWORD, { cost: 4 });

  it.each([
    ['nothing', ''],
    ['Argon2', '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA'],
    ['the broken $2x$', good.replace('$2b$', '$2x$')],
    ['the ancient $2$', good.replace('$2b$', '$2$')],
    ['a hash cut short', good.slice(0, -1)],
    ['a hash grown longer', `${good}A`],
    ['a cost below 4', good.replace('$04$', '$03$')],
    ['a cost above 31', good.replace('$04$', '$32$')],
    ['a line behind', `${good}\n`],
  ])('does not recognise %s, and no password is its', async (_, stored) => {
    expect(verifier.recognises(stored)).toBe(false);
    if (!stored.startsWith('$2x$')) expect(await verifier.verify(stored, PASSWORD)).toBe(false);
  });

  it('ignores what is behind 72 bytes, as bcrypt does, and no byte before', async () => {
    const first = 'a'.repeat(72);
    const stored = await hash(`${first}end`, { cost: 4 });
    expect(await verifier.verify(stored, `${first}another end`)).toBe(true);
    expect(await verifier.verify(stored, first)).toBe(true);
    expect(await verifier.verify(stored, first.slice(1))).toBe(false);
    expect(await verifier.verify(stored, `${first.slice(1)}bend`)).toBe(false);
    expect(await verifier.verify(stored, 'a'.repeat(100_000))).toBe(true);
  });

  it('counts bytes, not characters', async () => {
    const stored = await hash('é'.repeat(36), { cost: 4 });
    expect(await verifier.verify(stored, 'é'.repeat(50))).toBe(true);
    expect(await verifier.verify(stored, 'é'.repeat(35))).toBe(false);
  });

  it('does not end a password at NUL', async () => {
    const stored = await hash('a\0b', { cost: 4 });
    expect(await verifier.verify(stored, 'a\0b')).toBe(true);
    expect(await verifier.verify(stored, 'a\0c')).toBe(false);
    expect(await verifier.verify(stored, 'a')).toBe(false);
  });

  it('is replaced by Argon2id at the next sign-in, and only then', async () => {
    const hasher = createPasswordHasher({
      gate: createHashingGate(),
      parameters: { memoryKiB: 64, passes: 1 },
      legacyHashes: [bcrypt({ cost: 4 })],
    });
    const stored = await hash(PASSWORD, { cost: 4 });
    expect(await hasher.verify(stored, PASSWORD)).toEqual({ matches: true, needsRehash: true });
    expect(await hasher.verify(stored, 'wrong')).toEqual({ matches: false, needsRehash: false });
    expect(await hasher.verify(null, PASSWORD)).toEqual({ matches: false, needsRehash: false });
  });

  it.each([3, 32, 10.5, Number.NaN, '10' as unknown as number])('refuses the cost %s', (cost) => {
    expect(() => bcrypt({ cost })).toThrow(TypeError);
  });

  it('spends as much on nobody as on a hash of that cost, unless it is told not to', async () => {
    expect(bcrypt({ cost: false }).decoy).toBeUndefined();
    const costs = [4, 9];
    const spent = await Promise.all(costs.map((cost) => measured(() => bcrypt({ cost }).decoy?.('a'))));
    expect((spent[1] as number) / (spent[0] as number)).toBeGreaterThan(4); // 32 times the work
  });
});

/** The least of five, ms: what the machine does beside is not in it. */
async function measured(work: () => Promise<void> | undefined): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const begun = performance.now();
    await work();
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}
