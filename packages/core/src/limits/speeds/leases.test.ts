import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LimitBucket, LimitRule } from '../limit-store.ts';
import { hoardingAdversary, leaseWorld } from './lease-world.cases.ts';
import { answered, ask, bucket, MINUTE_US, type Scene, SECOND_US, scene } from './scene.cases.ts';

const many: LimitRule = { kind: 'window', limit: 100_000, windowUs: MINUTE_US };
const smooth: LimitRule = { kind: 'rate', burst: 20_000, intervalUs: 1000 };

/** Uses a budget so much that permits are taken ahead. */
async function warmUp(one: Scene, buckets: readonly LimitBucket[], count = 4000): Promise<void> {
  for (let i = 0; i < count; i++) await answered(one, buckets);
}

describe('a lease', () => {
  test.each([many, smooth])('$kind: most checks of a caller who is busy ask nobody', async (rule) => {
    const one = scene({ maxError: 0.01 });
    await warmUp(one, [bucket(rule)]);
    const calls = one.far.calls.length;
    await warmUp(one, [bucket(rule)]);
    expect((one.far.calls.length - calls) / 4000).toBeLessThan(0.05);
  });

  test('what was granted to checks that were not waited for is no lease', async () => {
    const one = scene({ maxError: 0.01, onStoreFailure: 'deny' });
    one.far.wayMs = 10;
    const budget = [bucket({ kind: 'window', limit: 1000, windowUs: 10 * SECOND_US })];
    const first = Promise.resolve(ask(one.limits, budget));
    await one.time.pass(1);
    // they leave when the first has landed, and are late before their own flight lands
    const late = Array.from({ length: 900 }, () => Promise.resolve(ask(one.limits, budget)));
    await one.time.pass(45);
    expect([(await first).granted, (await Promise.all(late)).filter(({ granted }) => granted > 0)]).toEqual([1, []]);
    const atOnce = Array.from({ length: 1000 }, () => ask(one.limits, budget)).filter(
      (answer) => !(answer instanceof Promise) && answer.granted > 0,
    );
    expect(atOnce.length).toBeLessThanOrEqual(10);
  });

  test('what passes was charged before, and headers go on counting down', async () => {
    const one = scene({ maxError: 0.01 });
    let before = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5000; i++) {
      const { granted, buckets } = await answered(one, [bucket(many)]);
      const { remaining, retryMs } = buckets[0] ?? { remaining: Number.NaN, retryMs: Number.NaN };
      expect([granted, retryMs]).toEqual([1, 0]);
      expect(remaining).toBe(Math.min(before - 1, 99_999));
      before = remaining;
    }
    const left = one.far.memory.consume([{ buckets: [bucket(many, 'alice', 0)], times: 1 }])[0]?.buckets[0]?.remaining;
    expect(left).toBeLessThanOrEqual(before);
  });

  test('none of a caller who is not busy, of a small limit, of a calendar window, with a look, or where it is not wanted', async () => {
    const quiet = scene({ maxError: 0.01 });
    for (let i = 0; i < 200; i++) {
      await answered(quiet, [bucket(many)]);
      await quiet.time.pass(1000);
    }
    const small = scene({ maxError: 0.01 });
    await warmUp(small, [bucket({ kind: 'window', limit: 150, windowUs: MINUTE_US })], 150);
    const daily = scene({ maxError: 0.01 });
    await warmUp(daily, [bucket({ kind: 'quota', limit: 100_000, windowUs: MINUTE_US })], 1000);
    const look = scene({ maxError: 0.01 });
    await warmUp(look, [bucket(many), bucket(many, 'bob', 0)], 1000);
    const unwanted = scene({ maxError: 0.01, leases: false });
    await warmUp(unwanted, [bucket(many)], 1000);
    const far = scene({ maxError: 0.01 });
    far.far.wayMs = 200;
    for (const { far: store } of [quiet, small, daily, look, unwanted])
      expect(store.calls.flat().filter(({ times }) => times > 1)).toEqual([]);
  });

  test('none where the store takes longer than a good part of its life', async () => {
    const one = scene({ maxError: 0.01 });
    one.far.wayMs = 5;
    await warmUp(one, [bucket({ kind: 'window', limit: 100_000, windowUs: 2 * SECOND_US })], 1000);
    expect(one.far.calls.flat().filter(({ times }) => times > 1)).toEqual([]);
  });

  test('several budgets are leased as a whole, each charged for each', async () => {
    const one = scene({ maxError: 0.01 });
    const both = [bucket(many), bucket(smooth, 'smooth', 2)];
    await warmUp(one, both, 3000);
    expect(one.far.calls.length).toBeLessThan(1000);
    const charged = [many, smooth].map((rule, i) => {
      const [answer] = one.far.memory.consume([{ buckets: [bucket(rule, i ? 'smooth' : 'alice', 0)], times: 1 }]);
      return (rule.kind === 'rate' ? 20_000 : 100_000) - (answer?.buckets[0]?.remaining ?? Number.NaN);
    });
    expect(charged[0]).toBeGreaterThanOrEqual(3000);
  });

  test('one of several that is small keeps all of them exact', async () => {
    const one = scene({ maxError: 0.01 });
    await warmUp(one, [bucket(many), bucket({ kind: 'window', limit: 100, windowUs: MINUTE_US }, 'small')], 100);
    await warmUp(one, [bucket(many), bucket({ kind: 'quota', limit: 10_000, windowUs: MINUTE_US }, 'daily')], 1000);
    expect(one.far.calls.flat().filter(({ times }) => times > 1)).toEqual([]);
  });

  test('what is not used in time is not used at all', async () => {
    const one = scene({ maxError: 0.01 });
    await warmUp(one, [bucket(many)]);
    expect(ask(one.limits, [bucket(many)])).not.toBeInstanceOf(Promise);
    await one.time.pass(6000);
    const asked = ask(one.limits, [bucket(many)]);
    expect(asked).toBeInstanceOf(Promise);
    await one.time.pass(2);
    expect((await asked).granted).toBe(1);
  });

  test('of a rate it ends sooner, as time is what it may exceed it by', async () => {
    const one = scene({ maxError: 0.01 });
    await warmUp(one, [bucket(smooth)]);
    expect(ask(one.limits, [bucket(smooth)])).not.toBeInstanceOf(Promise);
    await one.time.pass(200);
    const asked = ask(one.limits, [bucket(smooth)]);
    expect(asked).toBeInstanceOf(Promise);
    await one.time.pass(2);
    await asked;
  });

  test('of a large limit, where it is known how many processes there are, also who comes once a second asks seldom', async () => {
    const one = scene({ maxError: 0.01, expectedInstances: 8 });
    for (let i = 0; i < 600; i++) {
      await answered(one, [bucket(many)]);
      await one.time.pass(1000);
    }
    expect(one.far.calls.length).toBeLessThan(200);
    // most of what was leased was used
    expect(one.far.answers.reduce((sum, { granted }) => sum + granted, 0)).toBeLessThan(700);
  });

  test('of a large limit, who comes after a while waits once for several requests, and of who does not go on little is lost', async () => {
    const one = scene({ maxError: 0.01, expectedInstances: 4 });
    const buckets = [bucket(many, 'newcomer')];
    for (let visit = 0; visit < 5; visit++) {
      let waited = 0;
      for (let i = 0; i < 8; i++) {
        const asked = ask(one.limits, buckets);
        if (asked instanceof Promise) waited++;
        await one.time.pass(2);
        expect((await asked).granted).toBe(1);
      }
      expect(waited).toBe(1);
      await one.time.pass(30_000);
    }
    const calls = one.far.calls.length;
    for (let i = 0; i < 10; i++) {
      await answered(one, [bucket(many, 'passer-by')]);
      await one.time.pass(6000);
    }
    const charged = one.far.answers.slice(calls).reduce((sum, { granted }) => sum + granted, 0);
    expect(charged).toBeLessThanOrEqual((100_000 * 0.01) / 4);
    await answered(one, [bucket({ kind: 'window', limit: 1500, windowUs: MINUTE_US }, 'of a small limit')]);
    expect(one.far.calls.at(-1)?.map(({ times }) => times)).toEqual([1]);
  });

  test('within the even share it lives for half a window', async () => {
    const one = scene({ maxError: 0.01, expectedInstances: 1 });
    const isLocal = () => !(ask(one.limits, [bucket(many)]) instanceof Promise);
    await answered(one, [bucket(many)]);
    await one.time.pass(22_000);
    expect(isLocal()).toBe(true);
    await one.time.pass(8001);
    expect(isLocal()).toBe(false);
    await one.time.pass(2);
  });

  test('those that last a while yet are renewed together', async () => {
    const one = scene({ maxError: 0.01, expectedInstances: 1 });
    const callers = ['ada', 'grace', 'edith'].map((name) => [bucket(many, name)]);
    for (const buckets of callers) for (let i = 0; i < 5; i++) await answered(one, buckets);
    await one.time.pass(23_000);
    const calls = one.far.calls.length;
    for (const buckets of callers) {
      expect(ask(one.limits, buckets)).not.toBeInstanceOf(Promise);
      await one.time.pass(3);
    }
    await one.time.pass(10);
    expect(one.far.calls.slice(calls).map((checks) => checks.length)).toEqual([3]);
  });

  test('it is renewed in the background before it ends: a caller who goes on at its pace never waits', async () => {
    const one = scene({ maxError: 0.01, expectedInstances: 1 });
    let waited = 0;
    for (let i = 0; i < 200; i++) {
      const asked = ask(one.limits, [bucket(many)]);
      if (asked instanceof Promise && i > 20) waited++;
      await one.time.pass(100);
      expect((await asked).granted).toBe(1);
    }
    expect(waited).toBe(0);
  });

  test('a caller who becomes quiet loses no more than it used before', async () => {
    const one = scene({ maxError: 0.01 });
    let used = 0;
    for (let burst = 0; burst < 50; burst++) {
      for (let i = 0; i < 200; i++) used += (await answered(one, [bucket(many)])).granted;
      await one.time.pass(1800);
    }
    const charged = one.far.answers.reduce((sum, { granted }) => sum + granted, 0);
    expect(charged).toBeGreaterThan(used);
    expect(charged).toBeLessThan(used * 2);
  });

  test('it outlives the store, until it expires', async () => {
    const one = scene({ maxError: 0.01, onStoreFailure: 'deny' });
    await warmUp(one, [bucket(many)]);
    one.far.fault = 'refuses';
    for (let i = 0; i < 4; i++) await answered(one, [bucket(many, `nobody ${i}`)]);
    let passed = 0;
    while ((await answered(one, [bucket(many)])).granted === 1) passed++;
    expect(passed).toBeGreaterThan(4);
    expect(passed).toBeLessThanOrEqual(45);
    one.far.fault = 'none';
    await one.time.pass(1100);
    await answered(one, [bucket(many)]);
    await warmUp(one, [bucket(many)], 100);
    one.far.fault = 'silent';
    await one.time.pass(600);
    expect((await answered(one, [bucket(many)])).granted).toBe(0);
  });

  test('a give-back of a leased permit reaches the store', async () => {
    const one = scene({ maxError: 0.01 });
    await warmUp(one, [bucket(many)]);
    const look = () => one.far.memory.consume([{ buckets: [bucket(many, 'alice', 0)], times: 1 }])[0]?.buckets[0];
    const { at } = await answered(one, [bucket(many)]);
    await one.time.pass(5);
    const before = look()?.remaining ?? Number.NaN;
    const back = one.limits.giveBack([{ buckets: [bucket(many)], times: 1, at }]);
    await one.time.pass(2);
    await back;
    expect(look()?.remaining).toBe(before + 1);
  });

  test('what is given back is no share to lease from, and no demand: a caller who spends nothing loses nothing', async () => {
    const one = scene({ maxError: 0.01 });
    const leasedOf = () => one.far.calls.flat().reduce((most, { times }) => Math.max(most, times), 0);
    for (let i = 0; i < 4000; i++) {
      const { at } = await answered(one, [bucket(many)]);
      const back = one.limits.giveBack([{ buckets: [bucket(many)], times: 1, at }]);
      await one.time.pass(1);
      await back;
    }
    expect(leasedOf()).toBeLessThanOrEqual(2);
    await warmUp(one, [bucket(many)]);
    expect(leasedOf()).toBeGreaterThan(10);
  });

  test.each<[expectedInstances: number | undefined, afterMs: number]>([
    [undefined, 1.5],
    [undefined, 0.2],
    [8, 1.5],
    [8, 0.2],
  ])(
    'of what is given back nothing stays leased: 8 processes that expect %s, %s ms after it was asked for',
    async (expectedInstances, afterMs) => {
      const one = scene({ maxError: 0.01, ...(expectedInstances && { expectedInstances }) });
      const budget = [bucket({ kind: 'window', limit: 10_000, windowUs: MINUTE_US })];
      const processes = Array.from({ length: 8 }, () => one.another());
      for (const limits of processes) {
        // heads that pass, and bodies that another limit refuses
        const heads = await answered({ ...one, limits }, budget, 9000);
        const leased = Promise.resolve(ask(limits, budget, 100));
        await one.time.pass(afterMs);
        const back = limits.giveBack([{ buckets: budget, times: heads.granted, at: heads.at }]);
        await one.time.pass(5);
        await back;
        await leased;
      }
      let held = 0;
      for (const limits of processes)
        for (let asked = ask(limits, budget); !(asked instanceof Promise); asked = ask(limits, budget)) held++;
      await one.time.pass(5);
      expect(held).toBeLessThanOrEqual(0.01 * 10_000);
    },
  );

  test('callers are followed in a bounded number: one that is busy keeps its place', async () => {
    const one = scene({ maxError: 0.01, maxSubjects: 20 });
    await warmUp(one, [bucket(many)]);
    for (let i = 0; i < 500; i++) {
      await answered(one, [bucket(many, `address ${i}`)]);
      await answered(one, [bucket(many)]);
    }
    const calls = one.far.calls.length;
    await warmUp(one, [bucket(many)], 1000);
    expect(one.far.calls.length - calls).toBeLessThan(100);
  });
});

describe('never more than maxError of the limit too much', () => {
  test.each([undefined, 8])(
    '8 processes that expect %s, and an adversary that makes all of them hoard',
    async (expectedInstances) => {
      const rule = { kind: 'window', limit: 10_000, windowUs: MINUTE_US } as const;
      const world = leaseWorld({ rule, instances: 8, maxError: 0.01, expectedInstances });
      await hoardingAdversary(world, rule);
      expect(world.worstExcess()).toBeGreaterThan(50); // it is one
      expect(world.worstExcess()).toBeLessThanOrEqual(0.01 * 10_000 + 8);
    },
  );

  interface Move {
    readonly kind: 'spend' | 'hoard' | 'edge' | 'pass';
    readonly instance: number;
    readonly count: number;
  }
  const moves = fc.array(
    fc.record<Move>({
      kind: fc.constantFrom('spend', 'spend', 'hoard', 'hoard', 'edge', 'pass', 'pass'),
      instance: fc.nat({ max: 7 }),
      count: fc.integer({ min: 1, max: 400 }),
    }),
    { minLength: 10, maxLength: 80 },
  );
  test.each<LimitRule>([
    { kind: 'window', limit: 800, windowUs: 16 * SECOND_US },
    { kind: 'rate', burst: 800, intervalUs: SECOND_US / 50 },
  ])('$kind: nor by any other strategy', async (rule) => {
    await fc.assert(
      fc.asyncProperty(
        moves,
        fc.constantFrom(1, 3, 8),
        fc.constantFrom(0, 0, 3),
        fc.boolean(),
        async (strategy, instances, wayMs, known) => {
          const expectedInstances = known ? instances : undefined;
          const world = leaseWorld({ rule, instances, maxError: 0.05, wayMs, expectedInstances });
          for (const { kind, instance, count } of strategy) {
            const one = instance % instances;
            if (kind === 'spend') await world.spend(one, count);
            else if (kind === 'hoard') await world.hoard(one);
            else if (kind === 'edge') await world.time.pass(world.untilEdge());
            else await world.time.pass(count * 20);
          }
          await world.time.settle();
          expect(world.passed.length).toBeLessThanOrEqual(world.debited());
          expect(world.worstExcess()).toBeLessThanOrEqual(0.05 * 800 + instances);
        },
      ),
      { numRuns: 100 },
    );
  });
});
