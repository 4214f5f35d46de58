import type { LimitBucket, LimitRule } from '../limit-store.ts';
import { type DistributedLimits, distributedLimits } from './distributed-limits.ts';
import { type FarStore, farStore } from './far-store.cases.ts';
import { type SimulatedTime, simulatedTime } from './simulated-time.cases.ts';

/** How a world of leases is made. */
export interface LeaseWorldOptions {
  readonly rule: LimitRule;
  /** Processes that share the store. */
  readonly instances: number;
  readonly maxError: number;
  /** What each is told of how many there are. */
  readonly expectedInstances?: number | undefined;
  /** One way to the store, ms. */
  readonly wayMs?: number;
}

/** Processes that spend one caller's budget, and a record of what passed when. */
export interface LeaseWorld {
  readonly time: SimulatedTime;
  readonly far: FarStore;
  readonly instances: number;
  /** Checks until now. */
  readonly checks: number;
  /** When each that passed did, µs. */
  readonly passed: readonly number[];
  /** One check; whether it passed, and whether nobody was asked. */
  check(instance: number): Promise<{ readonly passed: boolean; readonly local: boolean }>;
  /** As many checks as wanted, one after the other, until one is refused; how many passed. */
  spend(instance: number, count: number): Promise<number>;
  /** Checks until the store was asked: what this process holds is fresh then. How many passed before that. */
  hoard(instance: number): Promise<number>;
  /** A moment before the sub-window ends (of a `window`), ms. */
  untilEdge(): number;
  /** The most that passed within any window beyond the limit. */
  worstExcess(): number;
  /** Permits the store charged. */
  debited(): number;
}

/** Makes one. */
export function leaseWorld({ rule, instances, maxError, expectedInstances, wayMs = 0 }: LeaseWorldOptions): LeaseWorld {
  const time = simulatedTime();
  const far = farStore(time, wayMs);
  const own = {
    monotonic: time.monotonic,
    timers: time.timers,
    now: time.now,
    maxError,
    ...(expectedInstances && { expectedInstances }),
  };
  const processes = Array.from({ length: instances }, () => distributedLimits(far, own));
  const buckets: readonly LimitBucket[] = [{ key: 'caller', partition: 'caller', rule, cost: 1 }];
  const passed: number[] = [];
  let checks = 0;

  async function check(instance: number): Promise<{ readonly passed: boolean; readonly local: boolean }> {
    checks++;
    const asked = (processes[instance] as DistributedLimits).consume([{ buckets, times: 1 }]);
    const local = !(asked instanceof Promise);
    if (!local) {
      void asked.catch(() => undefined);
      await time.pass(wayMs * 2);
    }
    const granted = (await asked)[0]?.granted === 1;
    if (granted) passed.push(time.now());
    return { passed: granted, local };
  }
  const windowUs = rule.kind === 'rate' ? rule.burst * rule.intervalUs : rule.windowUs;

  const world: LeaseWorld = {
    time,
    far,
    instances,
    passed,
    check,
    get checks() {
      return checks;
    },
    async spend(instance, count) {
      for (let i = 0; i < count; i++) if (!(await check(instance)).passed) return i;
      return count;
    },
    async hoard(instance) {
      let before = 0;
      for (let one = await check(instance); one.local && one.passed; one = await check(instance)) before++;
      await time.settle();
      return before;
    },
    untilEdge() {
      const stepUs = Math.ceil(windowUs / 16);
      return ((Math.floor(time.now() / stepUs) + 1) * stepUs - 1 - time.now()) / 1000;
    },
    worstExcess() {
      let worst = Number.NEGATIVE_INFINITY;
      if (rule.kind === 'rate') {
        // at most burst + rate × t in any time t: the fullest bucket that never overflows in between
        let level = 0;
        let last = 0;
        for (const at of passed) {
          level = Math.max(0, level - (at - last) / rule.intervalUs) + 1;
          last = at;
          worst = Math.max(worst, level - rule.burst);
        }
        return worst;
      }
      let first = 0;
      for (const [i, at] of passed.entries()) {
        while (at - (passed[first] ?? at) > windowUs) first++;
        worst = Math.max(worst, i - first + 1 - rule.limit);
      }
      return worst;
    },
    debited: () => far.answers.reduce((sum, { granted }) => sum + granted, 0),
  };
  return world;
}

/**
 * The adversary: all processes are made to hold as much as they may just before a sub-window ends, and spend it just
 * after; one window later, when that sub-window is back, the whole limit is spent at once.
 */
export async function hoardingAdversary(
  world: LeaseWorld,
  rule: LimitRule & { readonly kind: 'window' },
  rounds = 3,
): Promise<void> {
  const { limit, windowUs } = rule;
  const all = Array.from({ length: world.instances }, (_, i) => i);
  const share = Math.floor((limit * 0.95) / world.instances);
  for (let round = 0; round < rounds; round++) {
    await world.time.pass(world.untilEdge());
    for (const i of all) await world.spend(i, share);
    const held: number[] = [];
    for (const i of all) {
      await world.hoard(i);
      held[i] = await world.hoard(i); // what one lease is worth; now it is fresh again
    }
    await world.time.pass(0.002);
    // not so much that more is asked for: what is charged after the edge, and not spent, is lost
    for (const i of all) await world.spend(i, Math.floor((held[i] ?? 0) * 0.75));
    await world.time.pass(windowUs / 1000 - 0.001);
    for (const i of all) await world.spend(i, limit);
    await world.time.pass((windowUs / 1000) * 1.1);
  }
}
