import assert from 'node:assert/strict';
import type { LimitAnswer, LimitBucket, LimitCheck, LimitRule, TakenPermits } from '@castellan/core/limits';
import type { LimitHarness } from '../../limit-harness.ts';
import { freshBucket, freshName } from './buckets.ts';
import { type Chance, chance } from './chance.ts';
import { limitModel } from './model.ts';

const STEPS = 8;
/** From sub-windows of a few microseconds to thirty days. */
const SPANS_US = [50, 999, 10_000, 100_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000, 2_592_000_000_000];

function randomRule(dice: Chance): LimitRule {
  const kind = dice.one(['window', 'window', 'rate', 'quota'] as const);
  const limit = dice.one([1, 2, 3, dice.whole(4, 20), 1_000_000]);
  const span = dice.one(SPANS_US) + dice.whole(0, 20);
  if (kind !== 'rate') return { kind, limit, windowUs: span };
  // whole numbers in doubles: the moment at which all permits are back, also after some such waits
  return { kind, burst: Math.min(limit, Math.floor(2 ** 48 / span)), intervalUs: span };
}

/** Time between two steps: none, a little, a part of what the rules speak of, or exactly until something is back. */
function randomPause(dice: Chance, buckets: readonly LimitBucket[], last: readonly LimitAnswer[]): number {
  const { rule } = dice.one(buckets);
  const span = rule.kind === 'rate' ? rule.intervalUs : rule.windowUs;
  const states = last.flatMap((answer) => answer.buckets);
  const waits = states.flatMap(({ resetMs, retryMs }) => [resetMs, retryMs]).filter(Number.isFinite);
  switch (dice.whole(0, 5)) {
    case 0:
      return 0;
    case 1:
      return dice.whole(0, Math.ceil(span / 16));
    case 2:
      return dice.whole(0, span * 2);
    case 3:
      return Math.ceil(span / 16) * dice.whole(1, 18);
    default:
      return waits.length ? Math.max(0, dice.one(waits) * 1000 + dice.whole(-1, 1)) : dice.whole(0, span);
  }
}

/**
 * One random story of a few budgets: checks of all costs, several at once, give-backs, and time that passes. Every answer
 * must be the model's, to the microsecond.
 */
export async function playSequence(seed: number, harness: LimitHarness): Promise<void> {
  const dice = chance(seed);
  const model = limitModel();
  const partitions = [freshName(), freshName()];
  // of some limits one caller is asked about, of others both
  const known = Array.from({ length: dice.whole(1, 3) }, () => {
    const limit = freshBucket(randomRule(dice), 1);
    const callers = dice.whole(0, 2) === 0 ? partitions : [dice.one(partitions)];
    return callers.map((partition) => ({ ...limit, key: limit.key + partition, partition }));
  }).flat();
  const taken: TakenPermits[] = [];
  let answers: readonly LimitAnswer[] = [];
  let now = 1_760_000_000_000_000 + dice.whole(0, 2 ** 31);
  const store = harness.timed(() => now);
  const story: string[] = [];

  const randomCheck = (): LimitCheck => {
    const some = known.filter(() => dice.whole(0, 2) > 0);
    const buckets = (some.length ? some : known).map((bucket) => {
      const limit = bucket.rule.kind === 'rate' ? bucket.rule.burst : bucket.rule.limit;
      return { ...bucket, cost: dice.one([0, 1, 1, 1, 2, 3, dice.whole(0, limit), limit + 1]) };
    });
    return { buckets, times: dice.one([1, 1, 2, dice.whole(1, 30)]) };
  };

  for (let step = 0; step < STEPS; step++) {
    now += randomPause(dice, known, answers);
    const back = dice.whole(0, 4) === 0 ? taken.splice(dice.whole(0, taken.length), 1) : [];
    if (back.length) {
      story.push(`${now}: give back ${JSON.stringify(back)}`);
      await store.giveBack(back);
      for (const one of back) model.giveBack(one, now);
    }
    const checks = Array.from({ length: harness.apart ? 1 : dice.one([1, 1, 2, 3]) }, randomCheck);
    story.push(`${now}: ${JSON.stringify(checks)}`);
    answers = await store.consume(checks);
    const expected = checks.map((check) => model.consume(check, now));
    assert.deepEqual(answers, expected, `seed ${seed}, step ${step}\n${story.join('\n')}`);
    for (const [i, { granted, at }] of answers.entries()) {
      const buckets = checks[i]?.buckets;
      if (buckets && granted > 0) taken.push({ buckets, times: dice.whole(1, granted), at });
    }
  }
}
