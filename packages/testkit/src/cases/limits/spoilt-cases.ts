import assert from 'node:assert/strict';
import type { LimitHarness } from '../../limit-harness.ts';
import { ask, freshBucket, rulesOf, single } from './buckets.ts';

/** What others have left behind. */
export const spoiltCases: Readonly<Record<string, (harness: LimitHarness) => Promise<void>>> = {
  'a budget whose count is none begins anew, and those beside it notice nothing': async (harness) => {
    if (!harness.spoil) return;
    const [store] = harness.instances;
    for (const rule of rulesOf(3)) {
      const bucket = freshBucket(rule);
      const healthy = freshBucket(rule, 1, bucket.partition);
      await ask(store, [healthy], 2);
      await harness.spoil(bucket);
      const [looked] = await store.consume([single({ ...bucket, cost: 0 })]);
      assert.equal(looked?.buckets[0]?.remaining, 3, rule.kind);
      const answers = await store.consume([single(healthy), single(bucket, 2), single(healthy)]);
      assert.deepEqual(
        answers.map(({ granted }) => granted),
        [1, 2, 0],
      );
      assert.equal((await ask(store, [bucket], 5)).granted, 1);
      await harness.spoil(bucket);
      await store.giveBack([{ ...single(bucket), at: answers[1]?.at ?? 0 }]);
      assert.equal((await ask(store, [bucket], 5)).granted, 3);
    }
  },

  'a budget whose rule has changed begins anew, or keeps what it can; it is never stuck': async (harness) => {
    const start = 1_763_726_400_000_000;
    let now = start;
    const store = harness.timed(() => now);
    const rules = [...rulesOf(3), { kind: 'window', limit: 3, windowUs: 1_000_000 }] as const;
    for (const before of rules) {
      for (const after of rules) {
        now = start;
        const bucket = freshBucket(before);
        await ask(store, [bucket], 3);
        const changed = { ...bucket, rule: after };
        const { buckets } = await ask(store, [changed], 3);
        now += (buckets[0]?.resetMs ?? 0) * 1000;
        assert.equal((await ask(store, [changed], 9)).granted, 3, `${before.kind} → ${after.kind}`);
        assert.equal((await ask(store, [changed])).granted, 0);
      }
    }
  },
};
