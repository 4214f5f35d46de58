import assert from 'node:assert/strict';
import type { LimitAnswer, LimitStore } from '@castellan/core/limits';
import type { LimitHarness } from '../../limit-harness.ts';
import { ask, DAY_US, freshBucket, freshName, left, rulesOf } from './buckets.ts';

const RACERS = 100;
const LIMIT = 10;

async function race(
  { instances }: LimitHarness,
  act: (store: LimitStore, racer: number) => Promise<LimitAnswer>,
): Promise<number> {
  const racers = Array.from({ length: RACERS }, (_, racer) =>
    act(instances[racer % instances.length] ?? instances[0], racer),
  );
  return (await Promise.all(racers)).reduce((sum, { granted }) => sum + granted, 0);
}

async function rounds({ rounds: total = 100 }: LimitHarness, act: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < total; round++) await act(round);
}

/** Many at once, over several clients. */
export const racingCases: Readonly<Record<string, (harness: LimitHarness) => Promise<void>>> = {
  'of 100 racers for 10 permits exactly 10 pass, by every kind of rule': (harness) =>
    rounds(harness, async () => {
      for (const rule of rulesOf(LIMIT)) {
        const bucket = freshBucket(rule);
        assert.equal(await race(harness, (store) => ask(store, [bucket])), LIMIT, rule.kind);
        assert.equal(await left(harness.instances[0], bucket), 0);
      }
    }),

  'of 100 racers who ask in threes exactly 10 permits are granted': (harness) =>
    rounds(harness, async () => {
      for (const rule of rulesOf(LIMIT)) {
        const bucket = freshBucket(rule);
        assert.equal(await race(harness, (store) => ask(store, [bucket], 3)), LIMIT, rule.kind);
      }
    }),

  'racers for several budgets never get more than each of them has, and none is charged for the refused': (harness) =>
    rounds(harness, async (round) => {
      const partition = freshName();
      const scarce = freshBucket({ kind: 'window', limit: LIMIT, windowUs: DAY_US }, 1, partition);
      const ample = [
        freshBucket({ kind: 'rate', burst: 1000, intervalUs: DAY_US }, 1, partition),
        freshBucket({ kind: 'quota', limit: 1000, windowUs: 10_000 * DAY_US }, 1, partition),
      ];
      const buckets = round % 2 ? [scarce, ...ample] : [...ample, scarce];
      assert.equal(await race(harness, (store) => ask(store, buckets)), LIMIT);
      assert.equal(await left(harness.instances[0], scarce), 0);
      for (const bucket of ample) assert.equal(await left(harness.instances[0], bucket), 1000 - LIMIT);
    }),

  'racers over budgets of two partitions: what passes was taken from both, and nothing else stays taken': (harness) =>
    rounds(harness, async () => {
      const scarce = freshBucket({ kind: 'window', limit: LIMIT, windowUs: DAY_US });
      const ample = freshBucket({ kind: 'window', limit: 1000, windowUs: DAY_US });
      const passed = await race(harness, (store, racer) => ask(store, racer % 2 ? [ample, scarce] : [scarce, ample]));
      if (harness.apart) assert.ok(passed > 0 && passed <= LIMIT, String(passed));
      else assert.equal(passed, LIMIT);
      assert.equal(await left(harness.instances[0], scarce), LIMIT - passed);
      assert.equal(await left(harness.instances[0], ample), 1000 - passed);
    }),
};
