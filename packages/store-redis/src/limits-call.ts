import type { BucketState, LimitAnswer, LimitBucket, LimitCheck, LimitRule } from '@castellan/core/limits';
import type { RedisArgument } from './redis-like.ts';

/** A check, or the part of it that lies in one slot, as a script is asked about it. */
export interface AskedCheck {
  readonly buckets: readonly LimitBucket[];
  /** 0: only how its budgets stand. */
  readonly times: number;
  /** Of a check that is given back: when it was granted, µs. */
  readonly at?: number;
}

/** What a script is given: `limits-lua.ts` says what each number means. */
export interface LimitsCall {
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** Kind, limit and span, as the scripts know them. */
function numbersOf(rule: LimitRule): readonly [number, number, number] {
  switch (rule.kind) {
    case 'window':
      return [0, rule.limit, Math.ceil(rule.windowUs / 16)];
    case 'rate':
      return [1, rule.burst, rule.intervalUs];
    case 'quota':
      return [2, rule.limit, rule.windowUs];
  }
}

/** Puts checks into a call; a key that several name is read and written once. */
export function limitsCall(checks: readonly AskedCheck[], keyOf: (bucket: LimitBucket) => string): LimitsCall {
  const places = new Map<string, number>();
  const args: number[] = [];
  for (const { buckets, times, at } of checks) {
    args.push(times, buckets.length);
    if (at !== undefined) args.push(at);
    for (const bucket of buckets) {
      const key = keyOf(bucket);
      const place = places.get(key) ?? places.size + 1;
      places.set(key, place);
      const [kind, limit, span] = numbersOf(bucket.rule);
      args.push(place, kind, bucket.cost, limit, span);
    }
  }
  return { keys: [...places.keys()], args };
}

/** Reads the answer to a call: status, time, then for each check what was granted and its budgets. */
export function limitAnswers(checks: readonly Pick<LimitCheck, 'buckets'>[], answer: readonly number[]): LimitAnswer[] {
  let place = 1;
  const next = (): number => answer[place++] ?? 0;
  const at = next();
  return checks.map(({ buckets }) => {
    const granted = next();
    return { granted, buckets: buckets.map((): BucketState => bucketState(next(), next(), next())), at };
  });
}

function bucketState(remaining: number, resetUs: number, retryUs: number): BucketState {
  const retryMs = retryUs < 0 ? Number.POSITIVE_INFINITY : Math.ceil(retryUs / 1000);
  return { remaining, resetMs: Math.ceil(resetUs / 1000), retryMs };
}
