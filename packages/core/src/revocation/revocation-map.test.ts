import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RevocationSubject } from './revocation-knowledge.ts';
import { REVOCATION_LIFE_MS } from './revocation-life.ts';
import { createRevocationMap, type RevocationMap } from './revocation-map.ts';
import type { Revocation } from './revocation-store.ts';

const START = Date.UTC(2026, 0, 5, 12);
let now = START;
let mono = 0;
let map: RevocationMap;
beforeEach(() => {
  now = START;
  mono = 0;
  map = createRevocationMap({ now: () => now, monotonic: () => mono });
});

const token: RevocationSubject = {
  tenant: '',
  subject: 'alice',
  sessionId: 'session-1',
  jti: 'token-1',
  userEpoch: 3,
  claimsEpoch: 5,
};
const entry = (change: Partial<Revocation>): Revocation => ({
  tenant: '',
  kind: 'session',
  key: 'session-1',
  epoch: null,
  expiresAt: START + REVOCATION_LIFE_MS,
  ...change,
});

it('who knows nothing calls every token live', () => {
  expect(map.verdict(token)).toBe('live');
});

it.each<[string, Partial<Revocation>, 'live' | 'revoked' | 'stale']>([
  ['its session', {}, 'revoked'],
  ['another session', { key: 'session-2' }, 'live'],
  ['its session in another tenant', { tenant: 'acme' }, 'live'],
  ['its jti', { kind: 'jti', key: 'token-1' }, 'revoked'],
  ['a jti that is called like its session', { kind: 'jti' }, 'live'],
  ['a newer epoch of its subject', { kind: 'auth_epoch', key: 'alice', epoch: 4 }, 'revoked'],
  ['its own epoch', { kind: 'auth_epoch', key: 'alice', epoch: 3 }, 'live'],
  ['an older epoch', { kind: 'auth_epoch', key: 'alice', epoch: 2 }, 'live'],
  ['a newer epoch of another subject', { kind: 'auth_epoch', key: 'bob', epoch: 4 }, 'live'],
  ['newer claims of its subject', { kind: 'claims_epoch', key: 'alice', epoch: 6 }, 'stale'],
  ['its own claims', { kind: 'claims_epoch', key: 'alice', epoch: 5 }, 'live'],
  ['newer claims in another tenant', { kind: 'claims_epoch', key: 'alice', epoch: 6, tenant: 'acme' }, 'live'],
])('a revocation of %s', (_name, change, verdict) => {
  map.apply([entry(change)]);
  expect(map.verdict(token)).toBe(verdict);
});

it('revoked goes before stale', () => {
  map.apply([entry({ kind: 'claims_epoch', key: 'alice', epoch: 6 }), entry({})]);
  expect(map.verdict(token)).toBe('revoked');
});

it('an older epoch that arrives late takes nothing back', () => {
  map.apply([entry({ kind: 'auth_epoch', key: 'alice', epoch: 4 })]);
  map.apply([entry({ kind: 'auth_epoch', key: 'alice', epoch: 2 })]);
  expect(map.verdict(token)).toBe('revoked');
});

describe('forgetting', () => {
  it('an entry is known until it expires, and leaves the memory then', () => {
    map.apply([entry({})]);
    now = START + REVOCATION_LIFE_MS - 1;
    map.apply([]);
    expect(map.verdict(token)).toBe('revoked');
    now += 1;
    map.apply([]);
    map.apply([]);
    expect(map.size()).toBe(0);
  });

  it('an entry that is over when it arrives is not taken', () => {
    map.apply([entry({ expiresAt: START })]);
    expect(map.size()).toBe(0);
  });

  it('an entry that comes again with a later end lives until then', () => {
    map.apply([entry({ expiresAt: START + 1000 })]);
    map.apply([entry({ expiresAt: START + 3000 })]);
    map.apply([entry({ expiresAt: START + 2000 })]);
    now = START + 2999;
    map.apply([]);
    expect(map.verdict(token)).toBe('revoked');
  });

  it('under a steady stream the map holds little more than what is live, in whatever order entries end', () => {
    let largest = 0;
    for (let n = 0; n < 20_000; n++) {
      now += 10;
      // three in four live 10 s, so 750 of them are live at a time; the others outlive them by far
      const expiresAt = now + (n % 4 === 0 ? 60_000 : 10_000);
      map.apply([entry({ tenant: `t${n % 7}`, key: `session-${n}`, expiresAt })]);
      largest = Math.max(largest, map.size());
    }
    expect(largest).toBeLessThan(2 * (750 + 1500));
  });

  it('one call never looks at more than a few entries more than it brings', () => {
    map.apply(Array.from({ length: 10_000 }, (_, n) => entry({ key: `session-${n}` })));
    now += REVOCATION_LIFE_MS;
    map.apply([]);
    expect(map.size()).toBeGreaterThan(9_900);
    for (let n = 0; n < 200; n++) map.apply([]);
    expect(map.size()).toBe(0);
  });

  it('a tenant that was forgotten and comes back is known', () => {
    for (let n = 0; n < 50; n++) {
      map.apply([entry({ tenant: 'acme', key: `session-${n}`, expiresAt: now + 1 })]);
      now += 1;
      map.seed([], mono);
      map.apply([entry({ tenant: 'acme', key: 'back', expiresAt: now + 1 })]);
      expect(map.verdict({ ...token, tenant: 'acme', sessionId: 'back' })).toBe('revoked');
    }
  });
});

describe('a seed', () => {
  it('takes the place of what was known: a store that went back in time has other epochs', () => {
    map.apply([entry({ kind: 'auth_epoch', key: 'alice', epoch: 9 }), entry({ key: 'session-2' })]);
    mono = 10;
    map.seed([entry({ kind: 'auth_epoch', key: 'alice', epoch: 3 })], mono);
    expect(map.verdict(token)).toBe('live');
    expect(map.size()).toBe(1);
  });

  it('leaves what this process did while the poll was under way', () => {
    map.apply([entry({ key: 'session-2' })]);
    mono = 10; // the poll is sent
    mono = 11;
    map.apply([entry({})]);
    map.seed([], 10);
    expect(map.verdict(token)).toBe('revoked');
    expect(map.verdict({ ...token, sessionId: 'session-2' })).toBe('live');
  });
});

it('the same entries in any order, any number of times, give the same verdicts', () => {
  const some = fc.record({
    tenant: fc.constantFrom('', 'acme'),
    kind: fc.constantFrom('jti', 'session', 'auth_epoch', 'claims_epoch' as const),
    key: fc.constantFrom('a', 'b'),
    epoch: fc.integer({ min: 0, max: 4 }),
    expiresAt: fc.integer({ min: START - 1000, max: START + REVOCATION_LIFE_MS }),
  });
  const knownOf = (batches: readonly (readonly Revocation[])[]): string => {
    const fresh = createRevocationMap({ now: () => START, monotonic: () => 0 });
    for (const batch of batches) fresh.apply(batch);
    const verdicts = ['', 'acme'].flatMap((tenant) =>
      ['a', 'b'].flatMap((key) =>
        [0, 1, 2, 3, 4].flatMap((epoch) => [
          fresh.verdict({ tenant, subject: key, sessionId: '-', jti: '-', userEpoch: epoch, claimsEpoch: 9 }),
          fresh.verdict({ tenant, subject: key, sessionId: '-', jti: '-', userEpoch: 9, claimsEpoch: epoch }),
          fresh.verdict({ tenant, subject: '-', sessionId: key, jti: '-', userEpoch: 9, claimsEpoch: 9 }),
          fresh.verdict({ tenant, subject: '-', sessionId: '-', jti: key, userEpoch: 9, claimsEpoch: 9 }),
        ]),
      ),
    );
    return `${fresh.size} ${verdicts.join()}`;
  };
  fc.assert(
    fc.property(
      fc
        .array(some, { maxLength: 12 })
        .chain((entries) =>
          fc.tuple(
            fc.constant(entries),
            fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
            fc.array(fc.nat(Math.max(0, entries.length - 1)), { maxLength: 10 }),
          ),
        ),
      ([entries, shuffled, again]) => {
        const repeated = again.flatMap((at) => entries[at] ?? []);
        expect(knownOf([shuffled, repeated])).toBe(knownOf([entries]));
        expect(knownOf(shuffled.map((one) => [one]))).toBe(knownOf([entries]));
      },
    ),
  );
});
