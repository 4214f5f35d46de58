import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStoreClock, StoreUnavailableError } from '../kernel/index.ts';
import { memoryRevocationStore } from './memory-revocation-store.ts';
import { REVOCATION_LIFE_MS } from './revocation-life.ts';
import type { Revocation, RevocationBatch, RevocationStore } from './revocation-store.ts';
import { createRevocations, type Revocations, type RevocationsOptions } from './revocations.ts';

const START = Date.UTC(2026, 0, 5, 12);
/** Steps of the wall clock that the monotonic one does not see. */
let wallStep = 0;
const clock = () => Date.now() + wallStep;
const monotonic = () => performance.now();

beforeEach(() => {
  wallStep = 0;
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const session = (key: string): Revocation => ({
  tenant: '',
  kind: 'session',
  key,
  epoch: null,
  expiresAt: START + REVOCATION_LIFE_MS,
});
const verdictOf = (revocations: Revocations, sessionId: string) =>
  revocations.verdict({ tenant: '', subject: 'alice', sessionId, jti: 'token-1', userEpoch: 0, claimsEpoch: 0 });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A store whose polls are answered by the test. */
function askedStore() {
  const polls: {
    readonly cursor: string | null;
    answer(batch?: Partial<RevocationBatch>): Promise<void>;
    fail(): Promise<void>;
  }[] = [];
  const store: RevocationStore = {
    poll: (cursor) =>
      new Promise((resolve, reject) => {
        polls.push({
          cursor,
          async answer(batch) {
            resolve({ entries: [], cursor: `c${polls.length}`, now: undefined, seeded: cursor === null, ...batch });
            await pass(0);
          },
          async fail() {
            reject(new StoreUnavailableError('memory', 'away'));
            await pass(0);
          },
        });
      }),
    check: async () => ({ outcome: 'unknown' }),
  };
  const latest = () => {
    const poll = polls.at(-1);
    if (!poll) throw new Error('nothing was asked');
    return poll;
  };
  return { store, polls, latest };
}

function make(store: RevocationStore, change: Partial<RevocationsOptions> = {}) {
  const facts: string[] = [];
  const storeClock = createStoreClock(clock);
  const revocations = createRevocations({
    store,
    clock,
    monotonic,
    storeClock,
    onUnavailable: () => facts.push('unavailable'),
    onRecovered: () => facts.push('recovered'),
    ...change,
  });
  return { revocations, facts, storeClock };
}

describe('from store to verdict', () => {
  it('what another process revokes is known within a poll', async () => {
    const store = memoryRevocationStore({ clock });
    store.write(session('before'));
    const { revocations } = make(store);
    await revocations.start();
    expect(verdictOf(revocations, 'before')).toBe('revoked');
    expect(verdictOf(revocations, 'later')).toBe('live');
    store.write(session('later'));
    await pass(1000);
    expect(verdictOf(revocations, 'later')).toBe('revoked');
    await revocations.stop();
  });

  it('what this process revokes is known at once, started or not', () => {
    const { revocations } = make(askedStore().store);
    revocations.apply([session('own')]);
    expect(verdictOf(revocations, 'own')).toBe('revoked');
  });
});

describe('polls', () => {
  it('start waits for the first, which seeds; each next one brings back the cursor of the last', async () => {
    const { store, polls, latest } = askedStore();
    const { revocations } = make(store);
    let started = false;
    const starting = revocations.start().then(() => (started = true));
    await pass(500);
    expect(started).toBe(false);
    await latest().answer({ cursor: 'first' });
    await starting;
    await pass(500);
    await latest().answer({ cursor: 'second' });
    await pass(1000);
    expect(polls.map(({ cursor }) => cursor)).toEqual([null, 'first', 'second']);
  });

  it('are sent a second apart, one at a time, also when answers are slow', async () => {
    const { store, polls, latest } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    await pass(900);
    await latest().answer();
    expect(polls).toHaveLength(1);
    await pass(100);
    expect(polls).toHaveLength(2);
    await pass(999);
    expect(polls).toHaveLength(2);
  });

  it('a start during a start is the same start', async () => {
    const { store, polls, latest } = askedStore();
    const { revocations } = make(store);
    const both = Promise.all([revocations.start(), revocations.start()]);
    await latest().answer();
    await both;
    expect(polls).toHaveLength(1);
  });

  it('stop waits for the poll under way and sends no other; a later start goes on from the cursor', async () => {
    const { store, polls, latest } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    let stopped = false;
    const stopping = revocations.stop().then(() => (stopped = true));
    await pass(100);
    expect(stopped).toBe(false);
    await latest().answer({ cursor: 'first' });
    await stopping;
    await pass(10_000);
    expect(polls).toHaveLength(1);
    void revocations.start();
    expect(latest().cursor).toBe('first');
    await latest().answer();
    await revocations.stop();
    await revocations.stop();
  });

  it('keep no process alive', async () => {
    vi.useRealTimers();
    const unref = vi.spyOn(globalThis, 'setTimeout');
    const { revocations } = make(memoryRevocationStore());
    await revocations.start();
    for (const { value } of unref.mock.results) expect((value as NodeJS.Timeout).hasRef()).toBe(false);
    unref.mockRestore();
    await revocations.stop();
  });

  it('tell the clock of the store', async () => {
    const { store, latest } = askedStore();
    const { revocations, storeClock } = make(store);
    void revocations.start();
    await latest().answer({ now: START + 3_600_000 });
    expect(storeClock.now()).toBe(START + 3_600_000);
  });

  it.each([-7_200_000, 7_200_000])(
    'a wall clock set by %i ms during a poll moves the clock of the store not at all, or until the next',
    async (ms) => {
      const { store, latest } = askedStore();
      const { revocations, storeClock } = make(store);
      void revocations.start();
      await latest().answer({ now: Date.now() });
      await pass(1000);
      wallStep = ms;
      await latest().answer({ now: Date.now() });
      if (ms < 0) expect(storeClock.now()).toBe(Date.now());
      await pass(1000);
      await latest().answer({ now: Date.now() });
      expect(storeClock.now()).toBe(Date.now());
    },
  );
});

describe('failures', () => {
  it('a poll that fails is asked again from the same cursor', async () => {
    const { store, polls, latest } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    await latest().answer({ cursor: 'first' });
    await pass(1000);
    await latest().fail();
    await pass(1000);
    expect(polls.map(({ cursor }) => cursor)).toEqual([null, 'first', 'first']);
  });

  it('a first poll that fails does not stop the start, and is made up for', async () => {
    const { store, latest } = askedStore();
    const { revocations } = make(store);
    const starting = revocations.start();
    await latest().fail();
    await starting;
    expect(revocations.ageMs()).toBe(Number.POSITIVE_INFINITY);
    await pass(1000);
    expect(latest().cursor).toBeNull();
    await latest().answer({ entries: [session('seeded')] });
    expect(verdictOf(revocations, 'seeded')).toBe('revoked');
    expect(revocations.ageMs()).toBe(0);
  });

  it('a poll that hangs does not end the polling, and its late answer is nothing', async () => {
    const { store, polls, latest } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    await latest().answer({ cursor: 'first' });
    await pass(1000);
    const hanging = latest();
    await pass(1001);
    expect(polls).toHaveLength(3);
    await latest().answer({ cursor: 'third', entries: [session('known')] });
    await hanging.answer({ cursor: 'old', entries: [session('late')], seeded: true });
    expect(verdictOf(revocations, 'late')).toBe('live');
    expect(verdictOf(revocations, 'known')).toBe('revoked');
    await pass(1000);
    expect(latest().cursor).toBe('third');
  });

  it('a store that hangs for ever is asked every second', async () => {
    const { store, polls } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    await pass(10_010);
    expect(polls).toHaveLength(11);
  });

  it('each change is told once', async () => {
    const { store, latest } = askedStore();
    const { revocations, facts } = make(store);
    void revocations.start();
    await latest().answer();
    for (let n = 0; n < 3; n++) {
      await pass(1000);
      await latest().fail();
    }
    expect(facts).toEqual(['unavailable']);
    for (let n = 0; n < 3; n++) {
      await pass(1000);
      await latest().answer();
    }
    expect(facts).toEqual(['unavailable', 'recovered']);
    await pass(2000); // hangs
    expect(facts).toEqual(['unavailable', 'recovered', 'unavailable']);
  });

  it('a batch that makes no sense counts as a failure, not as knowledge', async () => {
    const { store, latest } = askedStore();
    const { revocations, facts } = make(store);
    void revocations.start();
    await latest().answer({ entries: undefined as unknown as Revocation[] });
    expect(facts).toEqual(['unavailable']);
    expect(revocations.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('age of knowledge', () => {
  it('counts from the sending of the last good poll, not from its answer', async () => {
    const { store, latest } = askedStore();
    const { revocations } = make(store);
    expect(revocations.ageMs()).toBe(Number.POSITIVE_INFINITY);
    void revocations.start();
    await pass(300);
    await latest().answer();
    expect(revocations.ageMs()).toBe(300);
    await pass(700);
    await latest().fail();
    await pass(500);
    expect(revocations.ageMs()).toBe(1500);
  });

  it('is the larger of two clocks: a machine that slept, and a wall clock set back', async () => {
    const { store, latest } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    await latest().answer();
    wallStep = 60_000; // the monotonic clock stood still
    expect(revocations.ageMs()).toBe(60_000);
    await pass(100);
    wallStep = -3_600_000;
    expect(revocations.ageMs()).toBe(100);
  });
});

describe('a store that went back in time', () => {
  it('seeds anew: its truth takes the place of what was known, but for what was done here meanwhile', async () => {
    const { store, latest } = askedStore();
    const { revocations } = make(store);
    void revocations.start();
    await latest().answer({ entries: [session('undone'), session('kept')] });
    await pass(1000);
    revocations.apply([session('meanwhile')]);
    await latest().answer({ seeded: true, entries: [session('kept')] });
    expect(['undone', 'kept', 'meanwhile'].map((key) => verdictOf(revocations, key))).toEqual([
      'live',
      'revoked',
      'revoked',
    ]);
  });
});
