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

/** Puts checks into a call; a key that several name is read and written once. */
export function limitsCall(checks: readonly AskedCheck[], keyOf: (bucket: LimitBucket) => string): LimitsCall {
  const keys: string[] = [];
  const places = new Map<string, number>();
  const rules: number[] = [];
  const known = new Map<LimitRule, number>();
  const numbers: number[] = [];
  for (const { buckets, times, at } of checks) {
    numbers.push(times, buckets.length);
    if (at !== undefined) numbers.push(at);
    for (const bucket of buckets) {
      const key = keyOf(bucket);
      let place = places.get(key);
      if (place === undefined) {
        place = keys.push(key);
        places.set(key, place);
      }
      let rule = known.get(bucket.rule);
      if (rule === undefined) {
        rule = rules.length + 1;
        known.set(bucket.rule, rule);
        pushRule(rules, bucket.rule);
      }
      numbers.push(place, rule, bucket.cost);
    }
  }
  return { keys, args: [JSON.stringify(rules), JSON.stringify(numbers)] };
}

/** Kind, limit and span, as the scripts know them. */
function pushRule(rules: number[], rule: LimitRule): void {
  switch (rule.kind) {
    case 'window':
      rules.push(0, rule.limit, Math.ceil(rule.windowUs / 16));
      break;
    case 'rate':
      rules.push(1, rule.burst, rule.intervalUs);
      break;
    case 'quota':
      rules.push(2, rule.limit, rule.windowUs);
  }
}

/** Reads the answer to a call: status, time, then for each check what was granted and its budgets. */
export function limitAnswers(checks: readonly Pick<LimitCheck, 'buckets'>[], answer: readonly number[]): LimitAnswer[] {
  const at = answer[1] ?? 0;
  let place = 2;
  return checks.map(({ buckets }) => {
    const granted = answer[place++] ?? 0;
    const states = buckets.map((): BucketState => {
      const remaining = answer[place] ?? 0;
      const resetMs = Math.ceil((answer[place + 1] ?? 0) / 1000);
      const retryUs = answer[place + 2] ?? 0;
      place += 3;
      return { remaining, resetMs, retryMs: retryUs < 0 ? Number.POSITIVE_INFINITY : Math.ceil(retryUs / 1000) };
    });
    return { granted, buckets: states, at };
  });
}
