import assert from 'node:assert/strict';
import type { LimitHarness } from '../../limit-harness.ts';
import { ask, at, DAY_US, freshBucket, freshName, left, only, rulesOf, single } from './buckets.ts';

/** What a check takes. */
export const spendingCases: Readonly<Record<string, (harness: LimitHarness) => Promise<void>>> = {
  'a new budget gives its limit at once, and says no after that': async ({ instances: [store] }) => {
    for (const rule of rulesOf(3)) {
      const bucket = freshBucket(rule);
      for (const remaining of [2, 1, 0]) {
        const { granted, buckets } = await ask(store, [bucket]);
        assert.equal(granted, 1, rule.kind);
        assert.equal(buckets[0]?.remaining, remaining);
      }
      const { granted, buckets } = await ask(store, [bucket]);
      assert.equal(granted, 0);
      assert.ok((buckets[0]?.retryMs ?? 0) > 0, 'a refusal says when to come again');
      assert.ok((buckets[0]?.resetMs ?? 0) >= (buckets[0]?.retryMs ?? 0));
    }
  },

  'what one process spends, the others miss': async ({ instances }) => {
    for (const rule of rulesOf(10)) {
      const bucket = freshBucket(rule);
      for (const store of instances) assert.equal((await ask(store, [bucket])).granted, 1);
      assert.equal(await left(instances[0], bucket), 10 - instances.length);
    }
  },

  'a check that one budget refuses is charged to none': async ({ instances: [store] }) => {
    for (const rule of rulesOf(2)) {
      const full = freshBucket(rule, 1);
      const other = freshBucket({ kind: 'window', limit: 5, windowUs: DAY_US }, 1, full.partition);
      const third = freshBucket({ kind: 'rate', burst: 5, intervalUs: DAY_US }, 1);
      assert.equal((await ask(store, [full], 2)).granted, 2);
      for (const buckets of [
        [full, other, third],
        [third, other, full],
      ]) {
        const answer = await ask(store, buckets);
        assert.equal(answer.granted, 0);
        for (const [i, bucket] of buckets.entries())
          assert.equal(answer.buckets[i]?.remaining, bucket === full ? 0 : 5, rule.kind);
      }
      assert.equal(await left(store, other), 5);
      assert.equal(await left(store, third), 5);
    }
  },

  'a request costs what it costs: the last permits serve a cheaper one': async ({ instances: [store] }) => {
    for (const rule of rulesOf(10)) {
      const bucket = freshBucket(rule, 3);
      assert.equal((await ask(store, [bucket], 5)).granted, 3);
      assert.equal((await ask(store, [bucket])).granted, 0);
      const cheap = await ask(store, [at(bucket, 1)]);
      assert.equal(cheap.granted, 1, rule.kind);
      assert.equal(cheap.buckets[0]?.remaining, 0);
    }
  },

  'a cost above the limit is refused for ever, and charges nothing': async ({ instances: [store] }) => {
    for (const rule of rulesOf(4)) {
      const bucket = freshBucket(rule, 5);
      const { granted, buckets } = await ask(store, [bucket]);
      assert.equal(granted, 0);
      assert.equal(buckets[0]?.retryMs, Number.POSITIVE_INFINITY, rule.kind);
      assert.equal(await left(store, bucket), 4);
    }
  },

  'of several who ask together as many pass as fit': async ({ instances: [store] }) => {
    for (const rule of rulesOf(10)) {
      const bucket = freshBucket(rule, 1);
      const wide = freshBucket(rule, 2, bucket.partition);
      assert.equal((await ask(store, [bucket], 7)).granted, 7);
      assert.equal((await ask(store, [bucket, wide], 4)).granted, 3, rule.kind);
      assert.equal(await left(store, bucket), 0);
      assert.equal(await left(store, wide), 4);
      assert.equal((await ask(store, [bucket], 1000)).granted, 0);
    }
  },

  'checks of one call are decided in their order, each by itself': async ({ instances: [store] }) => {
    for (const rule of rulesOf(3)) {
      const bucket = freshBucket(rule);
      const full = freshBucket({ kind: 'quota', limit: 1, windowUs: 10_000 * DAY_US }, 1, bucket.partition);
      await ask(store, [full]);
      const answers = await store.consume([
        { buckets: [bucket], times: 1 },
        { buckets: [bucket, full], times: 1 },
        { buckets: [bucket], times: 1 },
        { buckets: [bucket], times: 2 },
        single(freshBucket(rule), 2),
      ]);
      assert.deepEqual(
        answers.map(({ granted }) => granted),
        [1, 0, 1, 1, 2],
        rule.kind,
      );
    }
  },

  'looking spends nothing and writes nothing': async (harness) => {
    const [store] = harness.instances;
    for (const rule of rulesOf(5)) {
      const bucket = freshBucket(rule, 0);
      for (let look = 0; look < 3; look++) {
        const { granted, buckets } = await ask(store, [bucket], 7);
        assert.equal(granted, 7, 'who asks for nothing passes');
        assert.deepEqual(buckets, [{ remaining: 5, resetMs: 0, retryMs: 0 }]);
      }
      assert.notEqual(await harness.keeps?.(bucket), true, rule.kind);
      await ask(store, [at(bucket, 5)]);
      assert.notEqual(await harness.keeps?.(bucket), false, rule.kind);
      assert.equal((await ask(store, [bucket])).granted, 1, 'also where nothing is left');
      assert.equal((await ask(store, [bucket])).buckets[0]?.remaining, 0);
    }
  },

  'large limits and costs lose no permit': async ({ instances: [store] }) => {
    for (const rule of [
      { kind: 'window', limit: 4_000_000_000, windowUs: DAY_US },
      { kind: 'quota', limit: 4_000_000_000, windowUs: 10_000 * DAY_US },
      { kind: 'rate', burst: 4_000_000_000, intervalUs: 1_000_000 },
    ] as const) {
      const bucket = freshBucket(rule, 1_999_999_999);
      assert.equal((await ask(store, [bucket], 1_000_000)).granted, 2, rule.kind);
      const remaining = await left(store, bucket);
      // a permit of the `rate` may have come back meanwhile
      assert.ok(remaining !== undefined && remaining >= 2 && remaining <= (rule.kind === 'rate' ? 60 : 2), rule.kind);
    }
  },

  'budgets of many partitions are charged together': async ({ instances: [store] }) => {
    const [rule] = rulesOf(2);
    if (!rule) throw new Error('a rule');
    const buckets = Array.from({ length: 40 }, () => freshBucket(rule));
    assert.equal((await ask(store, buckets)).granted, 1);
    const last = buckets.at(-1) ?? freshBucket(rule);
    assert.equal((await ask(store, [last])).granted, 1);
    const refused = await ask(store, buckets);
    assert.equal(refused.granted, 0);
    assert.deepEqual(
      refused.buckets.map(({ remaining }) => remaining),
      [...Array<number>(39).fill(1), 0],
    );
    for (const bucket of buckets.slice(0, -1)) assert.equal(await left(store, bucket), 1);
  },

  'several hundred checks in one call are all answered': async ({ instances: [store] }) => {
    const [rule] = rulesOf(2);
    if (!rule) throw new Error('a rule');
    const partition = freshName();
    const buckets = Array.from({ length: 700 }, () => freshBucket(rule, 1, partition));
    const answers = await store.consume([...buckets, ...buckets, ...buckets].map((bucket) => single(bucket)));
    assert.deepEqual(
      answers.map(({ granted }) => granted),
      Array.from({ length: 2100 }, (_, i) => (i < 1400 ? 1 : 0)),
    );
  },

  'no check, no answer': async ({ instances: [store] }) => {
    assert.deepEqual(await store.consume([]), []);
    await store.giveBack([]);
  },

  'keys and partitions with braces, newlines, quotes, zeros and nothing in them are kept apart': async ({
    instances: [store],
  }) => {
    const own = freshName();
    const odd = ['', '{', '}', '{}', '{a}', '}{', 'a\nb', 'a\r\n', '"\'\\', '%s $1 :x', '🏰', 'ä', '\u0001', ' '];
    for (const rule of rulesOf(1)) {
      const buckets = odd.flatMap((partition) =>
        odd.map((key) => ({ key: `${key}${own}${rule.kind}${partition}`, partition: `${partition}`, rule, cost: 1 })),
      );
      const first = await store.consume(buckets.map((bucket) => single(bucket)));
      assert.deepEqual(new Set(first.map(({ granted }) => granted)), new Set([1]), rule.kind);
      const together = buckets.filter(({ partition }) => partition === '{}');
      assert.equal(only(await store.consume([{ buckets: together, times: 1 }])).granted, 0);
    }
  },
};
