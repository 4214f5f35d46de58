import { randomBytes } from 'node:crypto';
import type { LimitAnswer, LimitBucket, LimitCheck, LimitRule, LimitStore } from '@castellan/core/limits';

export const MINUTE_US = 60_000_000;
export const DAY_US: number = 1440 * MINUTE_US;

/** Rules of every kind with the same limit, none of which gives a permit back while a case runs. */
export function rulesOf(limit: number): readonly LimitRule[] {
  return [
    { kind: 'window', limit, windowUs: 60 * MINUTE_US },
    { kind: 'rate', burst: limit, intervalUs: 60 * MINUTE_US },
    { kind: 'quota', limit, windowUs: 10_000 * DAY_US },
  ];
}

/** A budget that no other case has. */
export function freshBucket(rule: LimitRule, cost = 1, partition: string = freshName()): LimitBucket {
  return { key: freshName(), partition, rule, cost };
}

/** As an HMAC's text looks. */
export function freshName(): string {
  return randomBytes(16).toString('base64url');
}

/** Asks about one check. */
export async function ask(store: LimitStore, buckets: readonly LimitBucket[], times = 1): Promise<LimitAnswer> {
  return only(await store.consume([{ buckets, times }]));
}

/** The one answer. */
export function only(answers: readonly LimitAnswer[]): LimitAnswer {
  const [answer] = answers;
  if (answer === undefined || answers.length !== 1) throw new Error(`expected one answer, not ${answers.length}`);
  return answer;
}

/** The same budget at another price. */
export function at(bucket: LimitBucket, cost: number): LimitBucket {
  return { ...bucket, cost };
}

/** How many permits a budget has; spends none. */
export async function left(store: LimitStore, bucket: LimitBucket): Promise<number | undefined> {
  const { buckets } = await ask(store, [at(bucket, 0)]);
  return buckets[0]?.remaining;
}

/** A check of one bucket. */
export function single(bucket: LimitBucket, times = 1): LimitCheck {
  return { buckets: [bucket], times };
}
