import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../kernel/index.ts';
import type { LimitBucket, LimitCheck, LimitRule, LimitStore } from '../limit-store.ts';
import { memoryLimitStore } from '../memory-limit-store.ts';
import { distributedLimits } from './distributed-limits.ts';
import { asked, MINUTE_US } from './scene.cases.ts';
import { type SimulatedTime, simulatedTime } from './simulated-time.cases.ts';

const rule: LimitRule = { kind: 'window', limit: 5, windowUs: MINUTE_US };
const of = (server: string, caller: string): LimitBucket => ({
  key: `${server}-${caller}`,
  partition: server,
  rule,
  cost: 1,
});

/** Servers that each decide for their partition; those that are away never answer. */
function servers(time: SimulatedTime, isAway: (partition: string) => boolean) {
  const memory = memoryLimitStore({ now: time.now });
  const calls: { readonly partitions: readonly string[]; readonly deadlineMs: number | undefined }[] = [];
  const partitionOf = ({ buckets }: LimitCheck): string => buckets[0]?.partition ?? '';
  const store: LimitStore = {
    apart: (checks) => [...Map.groupBy(checks, partitionOf).values()],
    async consume(checks, deadlineMs) {
      const partitions = checks.map(partitionOf);
      calls.push({ partitions, deadlineMs });
      if (partitions.some(isAway)) return new Promise(() => {});
      return memory.consume(checks);
    },
    giveBack: (taken) => memory.giveBack(taken),
  };
  const lost: StoreUnavailableError[] = [];
  const limits = distributedLimits(store, {
    monotonic: time.monotonic,
    timers: time.timers,
    now: time.now,
    maxError: 0,
    deadline: '40ms',
    onStoreFailure: 'deny',
    onUnavailable: (error) => lost.push(error),
  });
  return { limits, calls, lost };
}

test('of a store of several servers each is asked by itself, and waited for as long as everybody waits', async () => {
  const time = simulatedTime();
  const { limits, calls } = servers(time, () => false);
  const answers = Promise.all([
    asked(limits, [of('a', 'one')]),
    asked(limits, [of('b', 'one')]),
    asked(limits, [of('a', 'two')]),
  ]);
  await time.settle();
  expect((await answers).map(({ granted }) => granted)).toEqual([1, 1, 1]);
  expect(calls).toEqual([
    { partitions: ['a', 'a'], deadlineMs: 40 },
    { partitions: ['b'], deadlineMs: 40 },
  ]);
});

test('a server that is away fails its own callers, however often; the others are served at once and no breaker opens', async () => {
  const time = simulatedTime();
  const { limits, lost } = servers(time, (partition) => partition === 'dead');
  for (let round = 0; round < 5; round++) {
    const served: number[] = [];
    const refused: number[] = [];
    for (let caller = 0; caller < 4; caller++) {
      void asked(limits, [of('well', `${caller}`)]).then(({ granted }) => served.push(granted));
      void asked(limits, [of('dead', `${round}-${caller}`)]).then(({ granted }) => refused.push(granted));
    }
    await time.settle();
    expect(served).toEqual([1, 1, 1, 1]);
    expect(refused).toEqual([]);
    await time.pass(40);
    expect(refused).toEqual([0, 0, 0, 0]);
  }
  expect(lost).toEqual([]);
});

test('where all servers are away the breaker opens', async () => {
  const time = simulatedTime();
  const { limits, lost } = servers(time, () => true);
  for (let round = 0; round < 3; round++) {
    void asked(limits, [of('a', `${round}`)]);
    await time.pass(41);
  }
  expect(lost[0]).toBeInstanceOf(StoreUnavailableError);
});
