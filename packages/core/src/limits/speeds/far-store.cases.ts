import { StoreUnavailableError } from '../../kernel/index.ts';
import type { LimitAnswer, LimitCheck, LimitStore } from '../limit-store.ts';
import { type MemoryLimitStore, memoryLimitStore } from '../memory-limit-store.ts';
import type { SimulatedTime } from './simulated-time.cases.ts';

/** A store behind a network: exact, and as far away and as faulty as it is told to be. */
export interface FarStore extends LimitStore {
  /** The counts themselves. */
  memory: MemoryLimitStore;
  /** One way, ms. 0: it answers with values. */
  wayMs: number;
  fault: 'none' | 'refuses' | 'silent' | 'throws';
  /** Calls of `consume` until now, each with its checks. */
  readonly calls: (readonly LimitCheck[])[];
  /** Each answer that was decided. */
  readonly answers: LimitAnswer[];
  /** Budgets that were in two calls at once, at any time. */
  readonly overlaps: string[];
  giveBacks: number;
  /** Forgets all counts. */
  restart(): void;
}

/** Makes one. */
export function farStore(time: SimulatedTime, wayMs = 0.5): FarStore {
  const wait = (ms: number): Promise<void> => new Promise((resolve) => time.timers.after(ms, resolve));
  const inCall = new Map<string, number>();
  async function there<R>(work: () => R): Promise<R> {
    const { fault } = far;
    if (fault === 'throws') throw new TypeError('a mistake in the store');
    await wait(far.wayMs);
    if (fault === 'refuses') throw new StoreUnavailableError('far', 'refused');
    const result = work();
    if (fault === 'silent') await new Promise(() => {});
    await wait(far.wayMs);
    return result;
  }
  function decide(checks: readonly LimitCheck[]): readonly LimitAnswer[] {
    const answers = far.memory.consume(checks);
    far.answers.push(...answers);
    return answers;
  }
  async function consume(checks: readonly LimitCheck[]): Promise<readonly LimitAnswer[]> {
    const keys = new Set(checks.flatMap(({ buckets }) => buckets.map(({ key }) => key)));
    for (const key of keys) {
      if (inCall.get(key)) far.overlaps.push(key);
      inCall.set(key, (inCall.get(key) ?? 0) + 1);
    }
    try {
      return await there(() => decide(checks));
    } finally {
      for (const key of keys) inCall.set(key, (inCall.get(key) ?? 0) - 1);
    }
  }
  const fresh = (): MemoryLimitStore => memoryLimitStore({ now: time.now });
  const far: FarStore = {
    memory: fresh(),
    wayMs,
    fault: 'none',
    calls: [],
    answers: [],
    overlaps: [],
    giveBacks: 0,
    restart() {
      far.memory = fresh();
    },
    consume(checks) {
      far.calls.push(checks);
      return far.wayMs === 0 && far.fault === 'none' ? decide(checks) : consume(checks);
    },
    giveBack(taken) {
      far.giveBacks++;
      return there(() => far.memory.giveBack(taken));
    },
  };
  return far;
}
