import type { BucketState, LimitAnswer, LimitBucket, LimitCheck, LimitRule, TakenPermits } from './limit-store.ts';

/** What was charged: so many permits at that moment, in whole microseconds. */
interface Entry {
  readonly at: number;
  permits: number;
}

/** Limits told from a plain log of all that was ever charged: slow, and easy to believe. */
export interface ReferenceModel {
  consume(checks: readonly LimitCheck[]): readonly LimitAnswer[];
  giveBack(taken: readonly TakenPermits[]): void;
}

/** Makes one. `now` is in whole microseconds and never goes back. */
export function referenceModel(now: () => number): ReferenceModel {
  const logs = new Map<string, Entry[]>();
  const logOf = ({ key }: LimitBucket): Entry[] => {
    const log = logs.get(key) ?? [];
    logs.set(key, log);
    return log;
  };
  const left = (bucket: LimitBucket, at: number): number =>
    limitOf(bucket.rule) - spent(bucket.rule, logOf(bucket), at);

  function decide({ buckets, times }: LimitCheck, at: number): LimitAnswer {
    let granted = 0;
    while (granted < times && buckets.every((bucket) => left(bucket, at) >= bucket.cost)) {
      granted++;
      for (const bucket of buckets) if (bucket.cost > 0) logOf(bucket).push({ at, permits: bucket.cost });
    }
    return { granted, buckets: buckets.map((bucket) => stateOf(bucket, logOf(bucket), at)), at };
  }

  return {
    consume: (checks) => checks.map((check) => decide(check, now())),
    giveBack(taken) {
      for (const { buckets, times, at } of taken)
        for (const bucket of buckets) undo(bucket, logOf(bucket), bucket.cost * times, at, now());
    },
  };
}

function stateOf({ rule, cost }: LimitBucket, log: readonly Entry[], at: number): BucketState {
  const limit = limitOf(rule);
  const fits = (permits: number) => (time: number) => limit - spent(rule, log, time) >= permits;
  const waitMs = (permits: number): number => {
    if (permits > limit) return Number.POSITIVE_INFINITY;
    const moment = [at, ...turningPoints(rule, log, permits, at)].filter((time) => time >= at).find(fits(permits));
    return Math.ceil(((moment ?? Number.NaN) - at) / 1000);
  };
  return { remaining: limit - spent(rule, log, at), resetMs: resetMs(rule, log, at, waitMs), retryMs: waitMs(cost) };
}

/** `rate` counts whole permits, and its last one is back only when all of its time is. */
function resetMs(rule: LimitRule, log: readonly Entry[], at: number, waitMs: (permits: number) => number): number {
  return rule.kind === 'rate' ? Math.ceil(Math.max(0, fullAt(rule, log) - at) / 1000) : waitMs(rule.limit);
}

const limitOf = (rule: LimitRule): number => (rule.kind === 'rate' ? rule.burst : rule.limit);

function spent(rule: LimitRule, log: readonly Entry[], at: number): number {
  if (rule.kind === 'rate')
    return Math.min(rule.burst, Math.ceil(Math.max(0, fullAt(rule, log) - at) / rule.intervalUs));
  return log.filter((entry) => backAt(rule, entry.at) > at).reduce((sum, { permits }) => sum + permits, 0);
}

/** When what was charged then is back. */
function backAt(rule: LimitRule & { readonly windowUs: number }, at: number): number {
  if (rule.kind === 'quota') return (Math.floor(at / rule.windowUs) + 1) * rule.windowUs;
  const step = Math.ceil(rule.windowUs / 16);
  return (Math.floor(at / step) + 17) * step;
}

/** GCRA: each charge takes its time at the end of all charges before it. */
function fullAt({ intervalUs }: { readonly intervalUs: number }, log: readonly Entry[]): number {
  let end = 0;
  for (const { at, permits } of log)
    end = permits < 0 ? end + permits * intervalUs : Math.max(end, at) + permits * intervalUs;
  return end;
}

/** Moments from which on more permits may be there, in order. */
function turningPoints(rule: LimitRule, log: readonly Entry[], permits: number, at: number): readonly number[] {
  if (rule.kind === 'rate')
    return [fullAt(rule, log) + (permits - rule.burst) * rule.intervalUs].filter((time) => time > at);
  return log.map((entry) => backAt(rule, entry.at)).sort((a, b) => a - b);
}

function undo({ rule }: LimitBucket, log: Entry[], permits: number, takenAt: number, now: number): void {
  if (rule.kind === 'rate') {
    log.push({ at: now, permits: -permits });
    return;
  }
  let left = permits;
  for (const entry of log) {
    if (backAt(rule, entry.at) !== backAt(rule, takenAt)) continue;
    const back = Math.min(left, entry.permits);
    entry.permits -= back;
    left -= back;
  }
}
