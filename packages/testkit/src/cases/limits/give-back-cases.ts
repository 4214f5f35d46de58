import assert from 'node:assert/strict';
import type { LimitHarness } from '../../limit-harness.ts';
import { ask, at, freshBucket, left, MINUTE_US, rulesOf } from './buckets.ts';

/** What comes back. */
export const giveBackCases: Readonly<Record<string, (harness: LimitHarness) => Promise<void>>> = {
  'what is given back can be spent again': async ({ instances: [store, other] }) => {
    for (const rule of rulesOf(4)) {
      const bucket = freshBucket(rule, 2);
      const beside = freshBucket(rule, 1);
      const buckets = [bucket, beside];
      const { granted, at: grantedAt } = await ask(store, buckets, 2);
      assert.equal(granted, 2);
      await other.giveBack([{ buckets, times: 1, at: grantedAt }]);
      assert.equal(await left(store, bucket), 2, rule.kind);
      assert.equal(await left(store, beside), 3);
      assert.equal((await ask(store, buckets, 2)).granted, 1);
    }
  },

  'no more comes back than was taken': async ({ instances: [store] }) => {
    for (const rule of rulesOf(4)) {
      const bucket = freshBucket(rule);
      await store.giveBack([{ buckets: [bucket], times: 3, at: Date.now() * 1000 }]);
      assert.equal(await left(store, bucket), 4, rule.kind);
      const { at: grantedAt } = await ask(store, [bucket]);
      await store.giveBack([{ buckets: [at(bucket, 3)], times: 5, at: grantedAt }]);
      assert.equal(await left(store, bucket), 4);
      assert.equal((await ask(store, [bucket], 9)).granted, 4);
    }
  },

  'a budget that got everything back is as new: nothing is kept': async (harness) => {
    const [store] = harness.instances;
    for (const rule of rulesOf(4)) {
      const bucket = freshBucket(rule);
      const { at: grantedAt } = await ask(store, [bucket]);
      await store.giveBack([{ buckets: [bucket], times: 1, at: grantedAt }]);
      assert.deepEqual((await ask(store, [at(bucket, 0)])).buckets, [{ remaining: 4, resetMs: 0, retryMs: 0 }]);
      assert.notEqual(await harness.keeps?.(bucket), true, rule.kind);
    }
  },

  'permits that are back by themselves are not given back twice': async (harness) => {
    let now = 1_763_726_400_000_000;
    const store = harness.timed(() => now);
    for (const rule of [
      { kind: 'window', limit: 4, windowUs: MINUTE_US },
      { kind: 'quota', limit: 4, windowUs: MINUTE_US },
    ] as const) {
      const bucket = freshBucket(rule);
      const first = await ask(store, [bucket], 2);
      now += 2 * MINUTE_US;
      await ask(store, [bucket], 3);
      await store.giveBack([{ buckets: [bucket], times: 2, at: first.at }]);
      assert.equal(await left(store, bucket), 1, rule.kind);
    }
  },

  'what comes back is that of its time: the rest returns when it would have': async (harness) => {
    const start = 1_763_726_400_000_000;
    let now = start;
    const store = harness.timed(() => now);
    const bucket = freshBucket({ kind: 'window', limit: 4, windowUs: 16 * MINUTE_US });
    await ask(store, [bucket], 2);
    now = start + 8 * MINUTE_US;
    const later = await ask(store, [bucket], 2);
    await store.giveBack([{ buckets: [bucket], times: 1, at: later.at }]);
    now = start + 17 * MINUTE_US - 1;
    assert.equal(await left(store, bucket), 1);
    now = start + 17 * MINUTE_US;
    assert.equal(await left(store, bucket), 3);
    now = start + 25 * MINUTE_US;
    assert.equal(await left(store, bucket), 4);
  },
};
