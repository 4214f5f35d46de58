import type {
  BucketState,
  LimitAnswer,
  LimitBucket,
  LimitCheck,
  LimitRule,
  TakenPermits,
} from '@castellan/core/limits';

interface Spent {
  readonly at: number;
  permits: number;
}

/** What the stores must do, as plainly as it can be said: every permit that was spent stands in a log. */
export interface LimitModel {
  consume(check: LimitCheck, now: number): LimitAnswer;
  giveBack(taken: TakenPermits, now: number): void;
}

/** Makes an empty log. */
export function limitModel(): LimitModel {
  const logs = new Map<string, Spent[]>();
  /** Of a `rate`: when all of its permits are back. */
  const fullAt = new Map<string, number>();

  const backAt = (rule: LimitRule, at: number): number => {
    if (rule.kind === 'quota') return (Math.floor(at / rule.windowUs) + 1) * rule.windowUs;
    if (rule.kind === 'rate') return 0;
    const step = Math.ceil(rule.windowUs / 16);
    return (Math.floor(at / step) + 17) * step;
  };
  const counted = ({ key, rule }: LimitBucket, now: number): readonly Spent[] =>
    (logs.get(key) ?? []).filter(({ at, permits }) => permits > 0 && backAt(rule, at) > now);
  const sum = (log: readonly Spent[]): number => log.reduce((total, { permits }) => total + permits, 0);
  const usedUs = ({ key }: LimitBucket, now: number): number => Math.max(0, (fullAt.get(key) ?? 0) - now);

  const state = (bucket: LimitBucket, now: number): BucketState => {
    const { rule, cost } = bucket;
    if (rule.kind === 'rate') {
      const { intervalUs, burst } = rule;
      const used = usedUs(bucket, now);
      const wait = Math.max(0, used + cost * intervalUs - burst * intervalUs);
      return {
        remaining: Math.floor((burst * intervalUs - used) / intervalUs),
        resetMs: Math.ceil(used / 1000),
        retryMs: cost > burst ? Number.POSITIVE_INFINITY : cost === 0 ? 0 : Math.ceil(wait / 1000),
      };
    }
    const log = counted(bucket, now);
    const remaining = rule.limit - sum(log);
    const returns = log.map((spent) => ({ at: backAt(rule, spent.at), permits: spent.permits }));
    let retryMs = cost > rule.limit ? Number.POSITIVE_INFINITY : 0;
    for (let free = remaining; free < cost && cost <= rule.limit; ) {
      const next = returns.shift();
      if (!next) break;
      free += next.permits;
      retryMs = Math.ceil((next.at - now) / 1000);
    }
    const last = log.at(-1);
    return { remaining, resetMs: last ? Math.ceil((backAt(rule, last.at) - now) / 1000) : 0, retryMs };
  };
  const fits = (bucket: LimitBucket, now: number): number =>
    bucket.cost === 0 ? Number.POSITIVE_INFINITY : Math.floor(state(bucket, now).remaining / bucket.cost);
  const spend = (bucket: LimitBucket, permits: number, now: number): void => {
    const { key, rule } = bucket;
    if (permits === 0) return;
    if (rule.kind === 'rate') fullAt.set(key, now + usedUs(bucket, now) + permits * rule.intervalUs);
    else logs.set(key, [...counted(bucket, now), { at: now, permits }]);
  };

  return {
    consume({ buckets, times }, now) {
      const granted = Math.min(times, ...buckets.map((bucket) => fits(bucket, now)));
      for (const bucket of buckets) spend(bucket, granted * bucket.cost, now);
      return { granted, buckets: buckets.map((bucket) => state(bucket, now)), at: now };
    },
    giveBack({ buckets, times, at }, now) {
      for (const bucket of buckets) {
        const { key, rule, cost } = bucket;
        let permits = times * cost;
        if (rule.kind === 'rate') {
          fullAt.set(key, Math.max(now, (fullAt.get(key) ?? 0) - permits * rule.intervalUs));
          continue;
        }
        for (const spent of counted(bucket, now)) {
          if (backAt(rule, spent.at) !== backAt(rule, at)) continue;
          const back = Math.min(spent.permits, permits);
          spent.permits -= back;
          permits -= back;
        }
      }
    },
  };
}
