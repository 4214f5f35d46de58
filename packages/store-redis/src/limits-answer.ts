import type { BucketState, LimitAnswer, LimitBucket, LimitCheck, LimitRule } from '@castellan/core/limits';

/**
 * Reads the answer to a call: status, time, then for each check either a number for each of its buckets, by which it was
 * granted as a whole and fits once more, or -1 less what was granted and three numbers for each of them.
 */
export function limitAnswers(
  checks: readonly Pick<LimitCheck, 'buckets' | 'times'>[],
  answer: readonly number[],
): LimitAnswer[] {
  const at = answer[1] ?? 0;
  let place = 2;
  return checks.map(({ buckets, times }) => {
    if ((answer[place] ?? 0) >= 0) {
      const only = buckets.length === 1 ? buckets[0] : undefined;
      if (only) return { granted: times, buckets: [stateOf(only, answer[place++] ?? 0, at)], at };
      const states: BucketState[] = [];
      for (const bucket of buckets) states.push(stateOf(bucket, answer[place++] ?? 0, at));
      return { granted: times, buckets: states, at };
    }
    const granted = -1 - (answer[place++] ?? 0);
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

/** What one number says: of a `rate` µs until all is back, of the others what is left in the (sub-)window of now. */
function stateOf({ rule }: LimitBucket, number: number, now: number): BucketState {
  const span = spanOf(rule);
  if (rule.kind === 'rate')
    return {
      remaining: Math.floor((rule.burst * span - number) / span),
      resetMs: Math.ceil(number / 1000),
      retryMs: 0,
    };
  const periods = rule.kind === 'window' ? 17 : 1;
  const resetUs = (Math.floor(now / span) + periods) * span - now;
  return { remaining: number, resetMs: Math.ceil(resetUs / 1000), retryMs: 0 };
}

/** As the scripts are told it. */
function spanOf(rule: LimitRule): number {
  if (rule.kind === 'rate') return rule.intervalUs;
  return rule.kind === 'window' ? Math.ceil(rule.windowUs / 16) : rule.windowUs;
}
