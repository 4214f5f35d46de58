import { describe, expect, it } from 'vitest';
import { createHashingGate } from './hashing-gate.ts';
import { createPasswordHasher } from './password-hasher.ts';

/** The real Argon2, small. */
const small = { memoryKiB: 256, passes: 1 };
const hasher = createPasswordHasher({ gate: createHashingGate(), parameters: small });

describe('a password', () => {
  it('is recognised however its letters were composed, and no other is', async () => {
    const stored = await hasher.hash('cafe\u0301 au lait');
    expect(await hasher.verify(stored, 'café au lait')).toEqual({ matches: true, needsRehash: false });
    expect(await hasher.verify(stored, 'cafe au lait')).toEqual({ matches: false, needsRehash: false });
  });

  it('is salted: two hashes of it differ', async () => {
    expect(await hasher.hash('the same password')).not.toBe(await hasher.hash('the same password'));
  });

  it('is nobody’s when nothing is stored, or nothing that can be read', async () => {
    for (const stored of [null, '', '$argon2id$v=19$m=256,t=1,p=1$AAAA', 'plain text'])
      expect(await hasher.verify(stored, 'plain text')).toEqual({ matches: false, needsRehash: false });
  });

  it('whose hash is weaker, stronger or older than today’s needs another', async () => {
    for (const parameters of [
      { memoryKiB: 128, passes: 1 },
      { memoryKiB: 256, passes: 2 },
      { memoryKiB: 512, passes: 1 },
    ]) {
      const stored = await createPasswordHasher({ gate: createHashingGate(), parameters }).hash('a password');
      expect(await hasher.verify(stored, 'a password')).toEqual({ matches: true, needsRehash: true });
      expect(await hasher.verify(stored, 'not a password')).toEqual({ matches: false, needsRehash: false });
    }
  });

  it('goes to a legacy verifier as typed, for that is how the other app hashed it', async () => {
    const seen: string[] = [];
    const legacy = {
      recognises: (hash: string) => hash === 'legacy',
      async verify(_: string, password: string) {
        seen.push(password);
        return true;
      },
    };
    const mixed = createPasswordHasher({ gate: createHashingGate(), parameters: small, legacyHashes: [legacy] });
    expect(await mixed.verify('legacy', 'ﬁrst')).toEqual({ matches: true, needsRehash: true });
    expect(seen).toEqual(['ﬁrst']);
  });

  it('is verified by the parameters of its hash: those of the hash that OWASP’s defaults make', async () => {
    const standard = createPasswordHasher({ gate: createHashingGate() });
    const stored = await standard.hash('correct horse battery staple');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await standard.verify(stored, 'correct horse battery staple')).toEqual({
      matches: true,
      needsRehash: false,
    });
  });
});
