import assert from 'node:assert/strict';
import type { LimitStore } from '@castellan/core/limits';
import type { LimitHarness } from '../../limit-harness.ts';
import { ask, DAY_US, freshBucket, MINUTE_US, rulesOf } from './buckets.ts';
import { chance } from './chance.ts';

interface Timed {
  readonly store: LimitStore;
  now: number;
}

function timed(harness: LimitHarness, now: number): Timed {
  const self: Timed = { store: harness.timed(() => self.now), now };
  return self;
}

const NOON = 1_763_726_400_000_000;

/** When permits come back. */
export const timeCases: Readonly<Record<string, (harness: LimitHarness) => Promise<void>>> = {
  'the clock of the process says nothing: an hour off changes no answer': async (harness) => {
    const [store] = harness.instances;
    for (const offsetMs of [3_600_000, -3_600_000]) {
      for (const rule of rulesOf(2)) {
        const bucket = freshBucket(rule);
        assert.equal((await ask(store, [bucket])).granted, 1);
        const restore = harness.skewAppClock?.(offsetMs);
        try {
          assert.equal((await ask(store, [bucket], 5)).granted, 1, rule.kind);
          assert.equal((await ask(store, [bucket])).granted, 0, rule.kind);
        } finally {
          restore?.();
        }
        assert.equal((await ask(store, [bucket])).granted, 0, rule.kind);
      }
    }
  },

  'a permit of a window comes back after the window, and a 16th later at most': async (harness) => {
    for (const windowUs of [10_000, 100_000, 500_000, 1_000_000, MINUTE_US, DAY_US, 30 * DAY_US]) {
      for (const offset of [0, 1, Math.floor(windowUs / 16) - 1, Math.floor(windowUs / 3)]) {
        const clock = timed(harness, NOON + offset);
        const bucket = freshBucket({ kind: 'window', limit: 1, windowUs });
        const { at } = await ask(clock.store, [bucket]);
        assert.equal(at, NOON + offset);
        const refused = await ask(clock.store, [bucket]);
        const retryMs = refused.buckets[0]?.retryMs ?? 0;
        assert.ok(retryMs * 1000 >= windowUs && retryMs * 1000 <= Math.ceil(windowUs / 16) * 17 + 999, String(retryMs));
        clock.now = at + windowUs - 1;
        assert.equal((await ask(clock.store, [bucket])).granted, 0, `${windowUs} µs, one before its end`);
        clock.now = at + retryMs * 1000;
        assert.equal((await ask(clock.store, [bucket])).granted, 1, `${windowUs} µs, when it was said`);
      }
    }
  },

  'a rate gives one permit each interval, to the microsecond': async (harness) => {
    for (const intervalUs of [7, 1000, 333_333, MINUTE_US, 30 * DAY_US]) {
      const clock = timed(harness, NOON + 1);
      const bucket = freshBucket({ kind: 'rate', burst: 3, intervalUs });
      assert.equal((await ask(clock.store, [bucket], 9)).granted, 3);
      clock.now += intervalUs - 1;
      assert.equal((await ask(clock.store, [bucket], 9)).granted, 0, `${intervalUs} µs`);
      clock.now += 1;
      assert.equal((await ask(clock.store, [bucket], 9)).granted, 1);
      clock.now += intervalUs * 2;
      assert.equal((await ask(clock.store, [bucket], 9)).granted, 2);
      clock.now += intervalUs * 100;
      assert.equal((await ask(clock.store, [bucket], 9)).granted, 3);
    }
  },

  'a quota begins anew with each window of the calendar': async (harness) => {
    for (const windowUs of [50_000, MINUTE_US, DAY_US, 30 * DAY_US]) {
      const end = (Math.floor(NOON / windowUs) + 1) * windowUs;
      const clock = timed(harness, end - 1);
      const bucket = freshBucket({ kind: 'quota', limit: 2, windowUs });
      assert.equal((await ask(clock.store, [bucket], 3)).granted, 2);
      assert.equal((await ask(clock.store, [bucket])).buckets[0]?.retryMs, 1);
      clock.now = end;
      assert.equal((await ask(clock.store, [bucket], 3)).granted, 2, `${windowUs} µs`);
    }
  },

  'never more than the limit within any window, whatever the moments': async (harness) => {
    const limit = 5;
    const windowUs = 1_000_003;
    for (let seed = 0; seed < 20; seed++) {
      const dice = chance(seed);
      const clock = timed(harness, NOON + dice.whole(0, windowUs));
      const bucket = freshBucket({ kind: 'window', limit, windowUs });
      const passed: number[] = [];
      for (let step = 0; step < 60; step++) {
        clock.now += dice.one([0, dice.whole(0, 1000), dice.whole(0, windowUs / 4), dice.whole(0, windowUs)]);
        const { granted } = await ask(clock.store, [bucket], dice.whole(1, 3));
        for (let i = 0; i < granted; i++) passed.push(clock.now);
      }
      passed.forEach((first, i) => {
        const within = passed.slice(i).filter((at) => at < first + windowUs).length;
        assert.ok(within <= limit, `${within} within a window (seed ${seed})`);
      });
    }
  },
};
