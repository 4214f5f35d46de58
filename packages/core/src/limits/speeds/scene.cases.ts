import type { LimitAnswer, LimitBucket, LimitRule, LimitStore } from '../limit-store.ts';
import { type DistributedLimits, type DistributedLimitsOptions, distributedLimits } from './distributed-limits.ts';
import { type FarStore, farStore } from './far-store.cases.ts';
import { type SimulatedTime, simulatedTime } from './simulated-time.cases.ts';

export const SECOND_US = 1_000_000;
export const MINUTE_US: number = 60 * SECOND_US;

/** One process and the store that it shares. */
export interface Scene {
  readonly time: SimulatedTime;
  readonly far: FarStore;
  readonly limits: DistributedLimits;
  /** Another process on the same store. */
  readonly another: (options?: DistributedLimitsOptions) => DistributedLimits;
}

/** Makes one; by default nothing is leased. */
export function scene(options: DistributedLimitsOptions = {}): Scene {
  const time = simulatedTime();
  const far = farStore(time);
  const own = { monotonic: time.monotonic, timers: time.timers, now: time.now, maxError: 0, ...options };
  const another = (more: DistributedLimitsOptions = {}): DistributedLimits =>
    distributedLimits(far, { ...own, ...more });
  return { time, far, limits: another(), another };
}

export const bucket = (rule: LimitRule, key = 'alice', cost = 1): LimitBucket => ({ key, partition: key, rule, cost });

/** Asks once; what is answered at once, and what in the end. */
export function ask(store: LimitStore, buckets: readonly LimitBucket[], times = 1): LimitAnswer | Promise<LimitAnswer> {
  const answers = store.consume([{ buckets, times }]);
  return answers instanceof Promise ? answers.then(only) : only(answers);
}

/** Asks, for those who wait in any case. */
export async function asked(store: LimitStore, buckets: readonly LimitBucket[], times = 1): Promise<LimitAnswer> {
  return ask(store, buckets, times);
}

/** Asks, and lets time pass until it is answered. */
export async function answered(
  { time, limits }: Pick<Scene, 'time' | 'limits'>,
  buckets: readonly LimitBucket[],
  times = 1,
): Promise<LimitAnswer> {
  let answer: LimitAnswer | undefined;
  const got = ask(limits, buckets, times);
  void Promise.resolve(got).then((one) => {
    answer = one;
  });
  for (let ms = 0; !answer && ms < 1000; ms++) await time.pass(ms === 0 ? 0 : 1);
  if (!answer) throw new Error('no answer in a second');
  return answer;
}

function only(answers: readonly LimitAnswer[]): LimitAnswer {
  const [answer] = answers;
  if (!answer || answers.length !== 1) throw new Error(`expected one answer, not ${answers.length}`);
  return answer;
}
