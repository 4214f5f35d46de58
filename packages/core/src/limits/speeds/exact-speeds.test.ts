import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LimitAnswer, LimitBucket, LimitRule } from '../limit-store.ts';
import { answered, ask, asked, bucket, MINUTE_US, SECOND_US, scene } from './scene.cases.ts';

const sixty: LimitRule = { kind: 'window', limit: 60, windowUs: MINUTE_US };
const three: LimitRule = { kind: 'window', limit: 3, windowUs: MINUTE_US };
const smooth: LimitRule = { kind: 'rate', burst: 10, intervalUs: SECOND_US };
const daily: LimitRule = { kind: 'quota', limit: 5, windowUs: 1440 * MINUTE_US };

describe('deny cache', () => {
  test('what was refused is refused without a call, at this cost and above', async () => {
    const { limits, far, time } = scene();
    await answered({ limits, time }, [bucket(smooth, 'alice', 8)]);
    await answered({ limits, time }, [bucket(smooth, 'alice', 5)]);
    const calls = far.calls.length;
    for (const cost of [5, 6, 10]) {
      const answer = ask(limits, [bucket(smooth, 'alice', cost)]);
      expect(answer).toMatchObject({ granted: 0, buckets: [{ remaining: 2 }] });
    }
    expect(far.calls.length).toBe(calls);
  });

  test('of lower costs a refusal says nothing', async () => {
    const { limits, time } = scene();
    await answered({ limits, time }, [bucket(smooth, 'alice', 8)]);
    await answered({ limits, time }, [bucket(smooth, 'alice', 5)]);
    expect((await answered({ limits, time }, [bucket(smooth, 'alice', 2)])).granted).toBe(1);
  });

  test('the last permit says that the next request is refused', async () => {
    const { limits, far, time } = scene();
    await answered({ limits, time }, [bucket(three)], 3);
    const before = far.calls.length;
    expect(ask(limits, [bucket(three)])).toMatchObject({ granted: 0, buckets: [{ remaining: 0 }] });
    expect(far.calls.length).toBe(before);
  });

  test('headers of a refusal count down', async () => {
    const { limits, time } = scene();
    await answered({ limits, time }, [bucket(smooth, 'alice', 10)]);
    const first = (await ask(limits, [bucket(smooth, 'alice', 10)])).buckets[0];
    await time.pass(400);
    const second = (await ask(limits, [bucket(smooth, 'alice', 10)])).buckets[0];
    expect(first?.retryMs).toBeGreaterThan(9_990);
    expect((first?.retryMs ?? 0) - (second?.retryMs ?? 0)).toBe(400);
    expect((first?.resetMs ?? 0) - (second?.resetMs ?? 0)).toBe(400);
  });

  test('what is back is not refused a moment longer', async () => {
    const { limits, time } = scene();
    const quick: LimitRule = { kind: 'rate', burst: 3, intervalUs: 200_000 };
    await answered({ limits, time }, [bucket(quick)], 3);
    const refused = await ask(limits, [bucket(quick)]);
    await time.pass(refused.buckets[0]?.retryMs ?? Number.NaN);
    expect((await answered({ limits, time }, [bucket(quick)])).granted).toBe(1);
  });

  test('it asks again after a second: somebody else may have given back', async () => {
    const { limits, far, time, another } = scene();
    const granted = await answered({ limits: another(), time }, [bucket(three)], 3);
    await answered({ limits, time }, [bucket(three)]);
    far.memory.giveBack([{ buckets: [bucket(three)], times: 1, at: granted.at }]);
    expect((await ask(limits, [bucket(three)])).granted).toBe(0);
    await time.pass(1000);
    expect((await answered({ limits, time }, [bucket(three)])).granted).toBe(1);
  });

  test('what this process gives back counts at once, also where a refusal was on its way', async () => {
    const { limits, far, time } = scene();
    const { at } = await answered({ limits, time }, [bucket(three)], 3);
    const back = limits.giveBack([{ buckets: [bucket(three)], times: 1, at }]);
    far.wayMs = 1;
    const refused = ask(limits, [bucket(three)]); // decided on before the give-back
    await time.pass(5);
    await back;
    expect(far.giveBacks).toBe(1);
    await refused;
    expect((await answered({ limits, time }, [bucket(three)])).granted).toBe(1);
  });

  test('a request that two limits refuse is told of both; one of them alone tells nothing of the other', async () => {
    const { limits, far, time } = scene();
    await answered({ limits, time }, [bucket(three), bucket(daily, 'daily')], 3);
    const both = await ask(limits, [bucket(three), bucket(daily, 'daily')]);
    expect(both).toMatchObject({ granted: 0, buckets: [{ remaining: 0 }, { remaining: 2, retryMs: 0 }] });
    const calls = far.calls.length;
    await answered({ limits, time }, [bucket(three), bucket(sixty, 'unknown')]);
    expect(far.calls.length).toBe(calls + 1);
  });

  test('it remembers a bounded number of budgets', async () => {
    const { limits, far, time } = scene({ maxSubjects: 10 });
    for (let i = 0; i < 50; i++) await answered({ limits, time }, [bucket(three, `address ${i}`)], 4);
    const calls = far.calls.length;
    expect(ask(limits, [bucket(three, 'address 49')])).toMatchObject({ granted: 0 });
    const forgotten = ask(limits, [bucket(three, 'address 0')]);
    await time.pass(2);
    expect(await forgotten).toMatchObject({ granted: 0 });
    expect(far.calls.length).toBe(calls + 1);
  });

  test('a look is never refused', async () => {
    const { limits, time } = scene();
    await answered({ limits, time }, [bucket(three)], 4);
    expect((await answered({ limits, time }, [bucket(three, 'alice', 0)])).granted).toBe(1);
  });
});

describe('coalescing and tick batch', () => {
  test('all checks of one turn of the event loop are one call', async () => {
    const { limits, far, time } = scene();
    const all: Promise<LimitAnswer>[] = ['a', 'b', 'c'].flatMap((key) => [
      asked(limits, [bucket(sixty, key)]),
      asked(limits, [bucket(sixty, key)]),
    ]);
    await time.pass(5);
    expect((await Promise.all(all)).every(({ granted }) => granted === 1)).toBe(true);
    expect(far.calls).toMatchObject([[{ times: 2 }, { times: 2 }, { times: 2 }]]);
  });

  test('of many the first leave before the turn is over, and what is left when the store has enough to do is one call', async () => {
    const { limits, far, time } = scene();
    const all = Array.from({ length: 200 }, (_, i) => asked(limits, [bucket(sixty, `caller ${i}`)]));
    expect(far.calls.map(({ length }) => length)).toEqual([32, 32]);
    await time.pass(5);
    expect((await Promise.all(all)).every(({ granted }) => granted === 1)).toBe(true);
    expect(far.calls.map(({ length }) => length)).toEqual([32, 32, 136]);
    expect(far.overlaps).toEqual([]);
  });

  test('equal checks fill no call: they are one', async () => {
    const { limits, far, time } = scene();
    const all = Array.from({ length: 100 }, (_, i) => asked(limits, [bucket(sixty, `caller ${i % 31}`)]));
    expect(far.calls).toEqual([]);
    await time.pass(5);
    expect((await Promise.all(all)).every(({ granted }) => granted === 1)).toBe(true);
    expect(far.calls.map(({ length }) => length)).toEqual([31]);
  });

  test('of those who ask together as many pass as fit, in the order in which they came', async () => {
    const { limits, far, time } = scene();
    const first = ask(limits, [bucket(three)]);
    await time.pass(0.2);
    const meanwhile = Array.from({ length: 5 }, () => asked(limits, [bucket(three)]));
    await time.pass(5);
    expect((await first).granted).toBe(1);
    expect((await Promise.all(meanwhile)).map(({ granted }) => granted)).toEqual([1, 1, 0, 0, 0]);
    expect((await Promise.all(meanwhile)).map(({ buckets }) => buckets[0]?.remaining)).toEqual([1, 0, 0, 0, 0]);
    expect(far.calls.length).toBe(2);
  });

  test('a check of two budgets is not overtaken for ever by checks of one', async () => {
    const { limits, time } = scene();
    const wide: LimitRule = { kind: 'window', limit: 1_000_000, windowUs: MINUTE_US };
    let stop = false;
    const caller = async (key: string): Promise<void> => {
      while (!stop) await ask(limits, [bucket(wide, key)]);
    };
    // never are both of them out of a call at the same time
    const first = caller('a');
    await time.pass(0.5);
    const hot = [first, caller('b')];
    await time.pass(3.2);
    let done = false;
    void Promise.resolve(ask(limits, [bucket(wide, 'a'), bucket(wide, 'b')])).then(() => {
      done = true;
    });
    await time.pass(4);
    expect(done).toBe(true);
    stop = true;
    await time.pass(5);
    await Promise.all(hot);
  });

  test('what a store mistakes is told to those who asked, and is no outage', async () => {
    const { limits, far, time } = scene();
    far.fault = 'throws';
    for (let i = 0; i < 5; i++) {
      const asked = expect(ask(limits, [bucket(sixty)])).rejects.toThrow('a mistake in the store');
      await time.pass(1);
      await asked;
    }
    far.fault = 'none';
    expect((await answered({ limits, time }, [bucket(sixty)])).buckets[0]?.remaining).toBe(59);
  });

  test('give-backs of one turn are one call', async () => {
    const { limits, far, time } = scene();
    const { at } = await answered({ limits, time }, [bucket(three)], 3);
    const all = [1, 1].map((times) => Promise.resolve(limits.giveBack([{ buckets: [bucket(three)], times, at }])));
    await time.pass(2);
    await Promise.all(all);
    expect(far.giveBacks).toBe(1);
    expect((await answered({ limits, time }, [bucket(three)], 3)).granted).toBe(2);
  });
});

describe('they decide as the store does', () => {
  interface Step {
    readonly waitMs: number;
    readonly instance: number;
    readonly picks: readonly number[];
    readonly costs: readonly number[];
    readonly times: number;
    readonly back: boolean;
  }
  const rules: readonly LimitRule[] = [
    { kind: 'window', limit: 7, windowUs: 2 * SECOND_US },
    { kind: 'rate', burst: 6, intervalUs: SECOND_US / 5 },
    { kind: 'quota', limit: 9, windowUs: 3 * SECOND_US },
  ];
  const history = fc.array(
    fc.record<Step>({
      waitMs: fc.constantFrom(0, 0, 0, 0.1, 0.3, 1, 20, 200, 700),
      instance: fc.nat({ max: 2 }),
      picks: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1, maxLength: 3 }),
      costs: fc.array(fc.constantFrom(0, 1, 1, 1, 2, 4, 10), { minLength: 3, maxLength: 3 }),
      times: fc.constantFrom(1, 1, 1, 2, 5),
      back: fc.constantFrom(true, false, false, false),
    }),
    { minLength: 1, maxLength: 40 },
  );

  test('no more passes than the store granted, and nothing is refused that it would have granted', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), async (steps, givesBack) => {
        const { time, far, limits, another } = scene();
        const instances = givesBack ? [limits] : [limits, another(), another()];
        let passed = 0;
        const pending: Promise<unknown>[] = [];
        const taken: { readonly buckets: readonly LimitBucket[]; readonly answer: LimitAnswer }[] = [];
        for (const { waitMs, instance, picks, costs, times, back } of steps) {
          await time.pass(waitMs);
          const one = instances[instance % instances.length] ?? limits;
          const last = givesBack && back ? taken.pop() : undefined;
          if (last) {
            const { granted, at } = last.answer;
            pending.push(Promise.resolve(one.giveBack([{ buckets: last.buckets, times: granted, at }])));
          }
          const buckets = picks.map((pick, i) => bucket(rules[pick % 3] as LimitRule, `key ${pick}`, costs[i] ?? 1));
          const answer = ask(one, buckets, times);
          const settle = (settled: LimitAnswer): void => {
            passed += settled.granted;
            if (settled.granted > 0) taken.push({ buckets, answer: settled });
          };
          if (answer instanceof Promise) pending.push(answer.then(settle));
          else {
            const fits = far.memory.consume(buckets.map((single) => ({ buckets: [{ ...single, cost: 0 }], times: 1 })));
            const isFull = buckets.some(({ cost }, i) => cost > (fits[i]?.buckets[0]?.remaining ?? 0));
            expect(answer.granted).toBe(0);
            expect(isFull).toBe(true);
          }
        }
        await time.pass(10);
        await Promise.all(pending);
        expect(passed).toBe(far.answers.reduce((sum, { granted }) => sum + granted, 0));
        if (instances.length === 1) expect(far.overlaps).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
