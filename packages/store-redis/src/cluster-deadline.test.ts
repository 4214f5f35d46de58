import { performance } from 'node:perf_hooks';
import { StoreUnavailableError } from '@castellan/core/kernel';
import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { consumeScript } from './consume-script.ts';
import type { RedisArgument, ScriptClient } from './redis-like.ts';
import { type RedisLimitStore, redisLimitStore } from './redis-limit-store.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // the one that is imported stays the machine's
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const deadlineMs = 25;
const rule: LimitRule = { kind: 'window', limit: 100, windowUs: 3_600_000_000 };
const signIn = ['account', 'address', 'network'].map(
  (partition): LimitBucket => ({ key: 'sign-in', partition, rule, cost: 1 }),
);

interface Carried {
  readonly kind: 'charged' | 'given back';
  readonly partition: string | undefined;
  readonly atMs: number;
}

/** A cluster that carries a script out after half of `tripMs`, unless that is too late, and whose answer takes the rest. */
function farCluster(): { client: ScriptClient; carried: Carried[]; trip: { ms: number } } {
  const carried: Carried[] = [];
  const trip = { ms: 2 };
  const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
  const run = async (script: string, keyCount: number, ...rest: RedisArgument[]): Promise<Buffer> => {
    await after(trip.ms / 2);
    const [, late] = rest.slice(keyCount);
    const nowUs = Date.now() * 1000;
    const isLate = nowUs > Number(late);
    if (!isLate)
      carried.push({
        kind: script === consumeScript.text || script === consumeScript.sha1 ? 'charged' : 'given back',
        partition: /\{(.+)\}/.exec(String(rest[0]))?.[1],
        atMs: performance.now(),
      });
    const answer = Buffer.from(isLate ? '9200cf0000000000000000' : '9301cf000000000000000063', 'hex');
    answer.writeBigUInt64BE(BigInt(nowUs), 3);
    await after(trip.ms / 2);
    return answer;
  };
  const client: ScriptClient = {
    status: 'ready',
    isCluster: true,
    connect: async () => {},
    time: async () => [Math.floor(Date.now() / 1000), (Date.now() % 1000) * 1000],
    eval: run,
    evalsha: run,
    evalBuffer: run,
    evalshaBuffer: run,
    on: () => {},
    off: () => {},
  };
  return { client, carried, trip };
}

/** One sign-in of three partitions, on a cluster this far away. */
async function signInFrom(tripMs: number) {
  const { client, carried, trip } = farCluster();
  const store: RedisLimitStore = redisLimitStore(client);
  trip.ms = tripMs;
  const startedAt = performance.now();
  let endedAt = Number.NaN;
  const asked = store.consume([{ buckets: signIn, times: 1 }], deadlineMs).finally(() => {
    endedAt = performance.now();
  });
  const outcome = asked.then(
    ([answer]) => answer?.granted,
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(10 * tripMs);
  const of = (kind: Carried['kind']) => carried.filter((one) => one.kind === kind);
  return {
    outcome: await outcome,
    tookMs: endedAt - startedAt,
    charged: of('charged').map(({ partition, atMs }) => ({ partition, afterMs: atMs - startedAt })),
    givenBack: of('given back').map(({ partition }) => partition),
  };
}

test('a sign-in whose steps are in time together is charged in every partition', async () => {
  const { outcome, charged, givenBack } = await signInFrom(8);
  expect(outcome).toBe(1);
  expect(charged.map(({ partition }) => partition)).toEqual(['account', 'address', 'network']);
  expect(givenBack).toEqual([]);
});

// 14 and 16: a step is carried out in time and answered too late, which nobody can know here;
// 24: the second step would begin a millisecond before the end; 25: with the end itself
test.each([12, 14, 16, 24, 25])(
  'all steps of a check share one deadline: %i ms each, none is carried out after it and what is known to be taken is given back',
  async (tripMs) => {
    const { outcome, tookMs, charged, givenBack } = await signInFrom(tripMs);
    expect(outcome).toBeInstanceOf(StoreUnavailableError);
    expect(tookMs).toBeLessThanOrEqual(deadlineMs + 1);
    expect(charged.length).toBeGreaterThan(0);
    for (const { afterMs } of charged) expect(afterMs).toBeLessThanOrEqual(deadlineMs);
    const answered = charged.filter(({ afterMs }) => afterMs + tripMs / 2 <= deadlineMs);
    expect(givenBack).toEqual(answered.map(({ partition }) => partition));
    expect(givenBack).toContain('account');
  },
);

test('a node that never tells its time keeps nobody waiting but those who asked it: the next call asks anew', async () => {
  const { client, carried } = farCluster();
  const silent = vi.fn(client.time).mockImplementationOnce(() => new Promise(() => {}));
  const store = redisLimitStore({ ...client, time: silent });
  const ask = (): Promise<unknown> =>
    store.consume([{ buckets: signIn.slice(0, 1), times: 1 }], deadlineMs).then(
      ([answer]) => answer?.granted,
      (error: unknown) => error,
    );
  const first = ask();
  await vi.advanceTimersByTimeAsync(deadlineMs - 5);
  const beside = ask();
  await vi.advanceTimersByTimeAsync(10);
  expect(await first).toBeInstanceOf(StoreUnavailableError);
  const next = ask();
  await vi.advanceTimersByTimeAsync(deadlineMs + 1);
  expect([await beside, await next]).toEqual([expect.any(StoreUnavailableError), 1]);
  expect(silent).toHaveBeenCalledTimes(2);
  expect(carried).toHaveLength(1);
});
