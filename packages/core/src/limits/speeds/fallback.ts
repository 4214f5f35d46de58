import type { LimitAnswer, LimitBucket, LimitCheck, LimitRule, TakenPermits } from '../limit-store.ts';
import { memoryLimitStore } from '../memory-limit-store.ts';
import { PROBE_MS } from './breaker.ts';

/**
 * What becomes of a check when the store is away. `local`: this process counts for itself, each with its share of the
 * limit. `allow`: it passes. `deny`: it does not.
 */
export type StoreFailure = 'local' | 'allow' | 'deny';

/** Decides without the store. */
export interface Fallback {
  /** Its answers have an `at` of 0 or below: {@link Fallback.giveBack} tells by it what the store knows nothing of. */
  decide(check: LimitCheck, way: StoreFailure): LimitAnswer;
  /** Takes what was granted here; answers the rest, which is the store's. */
  giveBack(taken: readonly TakenPermits[]): readonly TakenPermits[];
}

/** What {@link createFallback} takes. */
export interface FallbackOptions {
  /** Processes that share the store. */
  readonly expectedInstances: number;
  readonly maxSubjects: number;
  /** For tests: the time in whole microseconds. */
  readonly now?: (() => number) | undefined;
}

/** Makes one. What it counted is kept from one outage to the next: a store that comes and goes makes no new budgets. */
export function createFallback({ expectedInstances, maxSubjects, now }: FallbackOptions): Fallback {
  const memory = memoryLimitStore({ maxSubjects, ...(now && { now }) });
  const shares = new WeakMap<LimitRule, LimitRule>();
  const shareOf = (rule: LimitRule): LimitRule => {
    const known = shares.get(rule);
    if (known) return known;
    const share = shareOfRule(rule, expectedInstances);
    shares.set(rule, share);
    return share;
  };
  const own = (bucket: LimitBucket): LimitBucket => {
    const rule = shareOf(bucket.rule);
    // what fits into the whole limit must fit into a share of it, though then it takes all of that
    const cost = bucket.cost <= limitOf(bucket.rule) ? Math.min(bucket.cost, limitOf(rule)) : bucket.cost;
    return { ...bucket, rule, cost };
  };

  return {
    decide({ buckets, times }, way) {
      if (way === 'allow') return { granted: times, at: 0, buckets: buckets.map(untouched) };
      if (way === 'deny') return { granted: 0, at: 0, buckets: buckets.map(refused) };
      const [answer] = memory.consume([{ buckets: buckets.map(own), times }]);
      if (!answer) throw new TypeError('the memory store answers each check');
      return { ...answer, at: -answer.at };
    },
    giveBack(taken) {
      if (taken.every(({ at }) => at > 0)) return taken;
      const here = taken.filter(({ at }) => at < 0);
      memory.giveBack(here.map(({ buckets, times, at }) => ({ buckets: buckets.map(own), times, at: -at })));
      return taken.filter(({ at }) => at > 0);
    },
  };
}

const limitOf = (rule: LimitRule): number => (rule.kind === 'rate' ? rule.burst : rule.limit);

const untouched = ({ rule }: LimitBucket): LimitAnswer['buckets'][number] => ({
  remaining: limitOf(rule),
  resetMs: 0,
  retryMs: 0,
});

const refused = (): LimitAnswer['buckets'][number] => ({ remaining: 0, resetMs: PROBE_MS, retryMs: PROBE_MS });

function shareOfRule(rule: LimitRule, instances: number): LimitRule {
  const share = Math.max(1, Math.floor(limitOf(rule) / instances));
  return rule.kind === 'rate'
    ? { kind: 'rate', burst: share, intervalUs: rule.intervalUs * instances }
    : { ...rule, limit: share };
}
