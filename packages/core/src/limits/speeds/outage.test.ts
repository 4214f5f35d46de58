import { describe, expect, test, vi } from 'vitest';
import type { LimitAnswer, LimitRule, LimitStore } from '../limit-store.ts';
import type { DistributedLimitsOptions } from './distributed-limits.ts';
import { distributedLimits } from './distributed-limits.ts';
import { answered, ask, bucket, MINUTE_US, type Scene, SECOND_US, scene } from './scene.cases.ts';

const sixty: LimitRule = { kind: 'window', limit: 60, windowUs: MINUTE_US };
const smooth: LimitRule = { kind: 'rate', burst: 10, intervalUs: SECOND_US };
const daily: LimitRule = { kind: 'quota', limit: 1000, windowUs: 1440 * MINUTE_US };

/** Asks, and tells how long the answer took, ms. */
async function timed(
  { time, limits }: Scene,
  store: LimitStore = limits,
  key = 'alice',
): Promise<[LimitAnswer, number]> {
  const start = time.monotonic();
  let took: number | undefined;
  const answer = Promise.resolve(ask(store, [bucket(sixty, key)]));
  void answer.then(() => {
    took = time.monotonic() - start;
  });
  for (let i = 0; took === undefined && i < 1000; i++) await time.pass(i === 0 ? 0 : 0.25);
  return [await answer, took ?? Number.POSITIVE_INFINITY];
}

function watched(options: DistributedLimitsOptions = {}): Scene & {
  readonly onUnavailable: ReturnType<typeof vi.fn>;
  readonly onRecovered: ReturnType<typeof vi.fn>;
} {
  const onUnavailable = vi.fn();
  const onRecovered = vi.fn();
  return { ...scene({ onUnavailable, onRecovered, ...options }), onUnavailable, onRecovered };
}

/** Until nobody waits for the store any more. */
async function openBreaker(one: Scene): Promise<void> {
  for (let i = 0; i < 3; i++) await timed(one, one.limits, `nobody ${i}`);
}

describe.each(['slow', 'refuses', 'silent'] as const)('a store that is %s', (fault) => {
  function break_({ far }: Scene): void {
    if (fault === 'slow') far.wayMs = 40;
    else far.fault = fault;
  }
  function heal({ far }: Scene): void {
    far.wayMs = 0.5;
    far.fault = 'none';
  }

  test('no check waits longer than the deadline, and soon none waits at all', async () => {
    const one = watched();
    await timed(one);
    break_(one);
    for (let i = 0; i < 3; i++) {
      const [answer, took] = await timed(one, one.limits, `key ${i}`);
      expect(answer.granted).toBe(1);
      expect(took).toBeLessThanOrEqual(26);
    }
    for (let i = 0; i < 100; i++) {
      await one.time.pass(50);
      expect(ask(one.limits, [bucket(sixty, `key ${i}`)])).not.toBeInstanceOf(Promise);
    }
    expect(one.onUnavailable).toHaveBeenCalledOnce();
    expect(one.onRecovered).not.toHaveBeenCalled();
  });

  test('it is told once that it is away and once that it is back', async () => {
    const one = watched();
    for (let outage = 1; outage <= 3; outage++) {
      break_(one);
      await openBreaker(one);
      for (let i = 0; i < 40; i++) {
        await timed(one);
        await one.time.pass(100);
      }
      expect(one.onUnavailable).toHaveBeenCalledTimes(outage);
      heal(one);
      for (let i = 0; i < 40; i++) {
        await timed(one);
        await one.time.pass(100);
      }
      expect(one.onUnavailable).toHaveBeenCalledTimes(outage);
      expect(one.onRecovered).toHaveBeenCalledTimes(outage);
    }
  });

  test('while it is away it is asked once a second, and nobody waits for that', async () => {
    const one = watched();
    break_(one);
    await openBreaker(one);
    const calls = one.far.calls.length;
    for (let i = 0; i < 1000; i++) {
      expect(ask(one.limits, [bucket(daily)])).not.toBeInstanceOf(Promise);
      await one.time.pass(10);
    }
    expect(one.far.calls.length - calls).toBeGreaterThan(7);
    expect(one.far.calls.length - calls).toBeLessThanOrEqual(10);
    expect(one.far.calls.slice(calls)).toEqual(
      one.far.calls.slice(calls).map(() => [{ buckets: [bucket(daily, 'alice', 0)], times: 1 }]),
    );
  });

  test('local: each of the processes allows its share', async () => {
    const one = watched({ expectedInstances: 8 });
    break_(one);
    await openBreaker(one);
    let passed = 0;
    for (let i = 0; i < 60; i++) passed += (await timed(one))[0].granted;
    expect(passed).toBe(7);
    await one.time.pass(64_000);
    expect((await timed(one))[0].granted).toBe(1);
    let burst = 0;
    for (let i = 0; i < 30; i++) burst += (await answered(one, [bucket(smooth, 'smooth')])).granted;
    expect(burst).toBe(1);
  });

  test('deny and allow, as the policy says', async () => {
    const one = watched({ onStoreFailure: 'deny' });
    const open = one.limits.variant({ onStoreFailure: 'allow' });
    break_(one);
    for (let i = 0; i < 10; i++) {
      expect((await timed(one))[0]).toMatchObject({ granted: 0, buckets: [{ retryMs: 1000 }] });
      expect((await timed(one, open, 'bob'))[0]).toMatchObject({ granted: 1, buckets: [{ retryMs: 0 }] });
    }
  });

  test('when it is back its counts are what is true', async () => {
    const one = watched({ expectedInstances: 2 });
    for (let i = 0; i < 50; i++) await timed(one);
    break_(one);
    await openBreaker(one);
    let local = 0;
    for (let i = 0; i < 40; i++) local += (await timed(one))[0].granted;
    expect(local).toBe(30);
    heal(one);
    await one.time.pass(1000);
    await timed(one);
    await one.time.pass(5);
    const [answer] = await timed(one);
    expect(answer.granted).toBe(1);
    expect(answer.buckets[0]?.remaining).toBeLessThanOrEqual(9);
    expect(one.onRecovered).toHaveBeenCalledOnce();
  });
});

test('an answer that comes too late lets nobody pass, and what it charged stays charged', async () => {
  const one = watched({ onStoreFailure: 'deny' });
  one.far.wayMs = 15;
  expect((await timed(one))[0].granted).toBe(0);
  await one.time.pass(100);
  one.far.wayMs = 0.5;
  expect((await timed(one))[0].buckets[0]?.remaining).toBe(58);
});

test('a check that waits for the call before it waits no longer than its own deadline', async () => {
  const one = watched();
  one.far.fault = 'silent';
  void ask(one.limits, [bucket(sixty)]);
  await one.time.pass(20);
  const [, took] = await timed(one);
  expect(took).toBeLessThanOrEqual(25.5);
});

test('checks of one budget pass it by again once a call got no answer', async () => {
  const one = watched();
  one.far.fault = 'silent';
  void ask(one.limits, [bucket(sixty)]);
  await one.time.pass(1);
  one.far.fault = 'none';
  await one.time.pass(26);
  const [answer, took] = await timed(one);
  expect(answer.at).toBeGreaterThan(0);
  expect(took).toBeLessThan(2);
});

test('one slow answer opens nothing', async () => {
  const one = watched();
  for (let i = 0; i < 20; i++) {
    one.far.wayMs = i % 3 === 0 ? 0.5 : 40;
    await timed(one, one.limits, `key ${i}`);
  }
  expect(one.onUnavailable).not.toHaveBeenCalled();
});

test('a store that can be read and not written is away: no event for each time that it was tried', async () => {
  const one = watched();
  const onUnavailable = vi.fn();
  const onRecovered = vi.fn();
  const readOnly: LimitStore = {
    giveBack: () => {},
    consume(checks) {
      one.far.fault = checks.some(({ buckets }) => buckets.some(({ cost }) => cost > 0)) ? 'refuses' : 'none';
      return one.far.consume(checks);
    },
  };
  const { time } = one;
  const limits = distributedLimits(readOnly, {
    monotonic: time.monotonic,
    timers: time.timers,
    now: time.now,
    onUnavailable,
    onRecovered,
  });
  let waited = 0;
  for (let i = 0; i < 200; i++) {
    const answer = ask(limits, [bucket(sixty)]);
    if (answer instanceof Promise) waited++;
    await time.pass(50);
    await answer;
  }
  expect(waited).toBeLessThanOrEqual(3 + 10);
  expect(onUnavailable).toHaveBeenCalledOnce();
  expect(onRecovered).not.toHaveBeenCalled();
});

test('a store that lost its counts begins anew', async () => {
  const one = watched();
  for (let i = 0; i < 60; i++) await timed(one);
  expect((await timed(one))[0].granted).toBe(0);
  one.far.restart();
  await one.time.pass(1000);
  expect((await timed(one))[0]).toMatchObject({ granted: 1, buckets: [{ remaining: 59 }] });
});

test('what was granted without the store is given back without it', async () => {
  const one = watched({ expectedInstances: 1 });
  one.far.memory.consume([{ buckets: [bucket(smooth)], times: 5 }]);
  one.far.fault = 'refuses';
  await openBreaker(one);
  const allowed = await ask(one.limits.variant({ onStoreFailure: 'allow' }), [bucket(smooth)]);
  const local = await ask(one.limits, [bucket(smooth)], 10);
  one.far.fault = 'none';
  await one.limits.giveBack([
    { buckets: [bucket(smooth)], times: 1, at: allowed.at },
    { buckets: [bucket(smooth)], times: 4, at: local.at },
  ]);
  expect(one.far.giveBacks).toBe(0);
  expect((await ask(one.limits, [bucket(smooth)], 10)).granted).toBe(4);
  expect(one.far.memory.consume([{ buckets: [bucket(smooth)], times: 10 }])).toMatchObject([{ granted: 5 }]);
});

test('a give-back waits for the store no longer than a check does, and never fails because it is away', async () => {
  const one = watched();
  const { at } = await answered(one, [bucket(sixty)]);
  one.far.fault = 'silent';
  let done = false;
  void Promise.resolve(one.limits.giveBack([{ buckets: [bucket(sixty)], times: 1, at }])).then(() => {
    done = true;
  });
  await one.time.pass(26);
  expect(done).toBe(true);
});

test('a cost above a process’s share takes all of that', async () => {
  const one = watched({ expectedInstances: 30 });
  one.far.fault = 'refuses';
  await openBreaker(one);
  expect((await ask(one.limits, [bucket(sixty, 'alice', 50)])).granted).toBe(1);
  expect((await ask(one.limits, [bucket(sixty)])).granted).toBe(0);
  expect((await ask(one.limits, [bucket(sixty, 'bob', 61)])).granted).toBe(0);
});

test.each([
  [{ deadline: '0ms' }, "deadline must be longer than '0ms'"],
  [{ deadline: 'soon' }, 'deadline must be a duration'],
  [{ maxError: 0.06 }, 'maxError must be 0 to 0.05'],
  [{ maxError: Number.NaN }, 'maxError must be 0 to 0.05'],
  [{ expectedInstances: 0 }, 'expectedInstances must be a whole number above 0'],
  [{ maxSubjects: 1.5 }, 'maxSubjects must be a whole number above 0'],
  [{ onStoreFailure: 'open' }, "onStoreFailure must be 'local', 'allow' or 'deny'"],
])('%j makes no sense', (options, message) => {
  expect(() => scene(options as DistributedLimitsOptions)).toThrow(message);
});
