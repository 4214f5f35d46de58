import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LimitAnswer, LimitBucket, LimitCheck, LimitRule, TakenPermits } from './limit-store.ts';
import { type MemoryLimitStore, memoryLimitStore } from './memory-limit-store.ts';
import { referenceModel } from './reference-model.cases.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;
const START = Date.UTC(2026, 0, 5, 9, 30) * 1000;

function scene(maxSubjects?: number) {
  const time = { now: START };
  const store = memoryLimitStore({ now: () => time.now, ...(maxSubjects !== undefined && { maxSubjects }) });
  return { time, store };
}
const bucket = (rule: LimitRule, key = 'alice', cost = 1): LimitBucket => ({ key, partition: key, rule, cost });
function take(store: MemoryLimitStore, buckets: readonly LimitBucket[], times = 1): LimitAnswer {
  const [answer] = store.consume([{ buckets, times }]);
  if (!answer) throw new Error('no answer');
  return answer;
}
const sixty: LimitRule = { kind: 'window', limit: 60, windowUs: MINUTE };
const smooth: LimitRule = { kind: 'rate', intervalUs: SECOND / 10, burst: 20 };
const daily: LimitRule = { kind: 'quota', limit: 100, windowUs: DAY };

test('one budget twice in a check, which the port forbids, never lets through more than the budget has', () => {
  const { store } = scene();
  const twice = [bucket({ ...sixty, limit: 5 }), bucket({ ...sixty, limit: 5 })];
  const granted = Array.from({ length: 20 }, () => take(store, twice).granted);
  expect(granted.every((one) => one === 0 || one === 1)).toBe(true);
  expect(granted.filter((one) => one === 1).length).toBeLessThanOrEqual(5);
});

const limits = fc.integer({ min: 1, max: 40 });
const windows = fc.oneof(fc.integer({ min: 1000, max: 10 * SECOND }), fc.constantFrom(MINUTE, 30 * DAY));
const windowRule = fc.record({ kind: fc.constant('window' as const), limit: limits, windowUs: windows });
const rateRule = fc.record({
  kind: fc.constant('rate' as const),
  intervalUs: fc.integer({ min: 1, max: 5 * SECOND }),
  burst: limits,
});
const quotaRule = fc.record({ kind: fc.constant('quota' as const), limit: limits, windowUs: windows });
const anyRule = fc.oneof(windowRule, rateRule, quotaRule);
const spanOf = (rule: LimitRule): number => (rule.kind === 'rate' ? rule.intervalUs * rule.burst : rule.windowUs);
/** Waits that meet the borders of windows and sub-windows. */
const waits = (span: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(0, 1, Math.ceil(span / 16), span, span - 1, Math.ceil((span * 17) / 16), span * 2),
    fc.integer({ min: 0, max: Math.ceil(span / 4) }),
  );

describe("what '60/1m' means", () => {
  test('60 at once pass, the 61st does not, and says when to come again', () => {
    const { time, store } = scene();
    time.now = START + 7;
    for (let i = 60; i > 0; i--)
      expect(take(store, [bucket(sixty)])).toMatchObject({ granted: 1, buckets: [{ remaining: i - 1 }] });
    const refused = take(store, [bucket(sixty)]);
    expect(refused).toMatchObject({ granted: 0, buckets: [{ remaining: 0, retryMs: 63_750, resetMs: 63_750 }] });
    time.now += 63_750 * 1000 - 8;
    expect(take(store, [bucket(sixty)]).granted).toBe(0);
    time.now += 8;
    expect(take(store, [bucket(sixty)]).granted).toBe(1);
  });

  test('no window of that length holds more than the limit, whatever the pace', () => {
    fc.assert(
      fc.property(
        windowRule.chain((rule) => fc.tuple(fc.constant(rule), fc.array(waits(rule.windowUs), { maxLength: 120 }))),
        ([rule, pauses]) => {
          const { time, store } = scene();
          const passed: number[] = [];
          for (const pause of pauses) {
            time.now += pause;
            const { granted } = take(store, [bucket(rule)], 1 + (pause % 3));
            for (let i = 0; i < granted; i++) passed.push(time.now);
          }
          for (const [i, first] of passed.entries()) {
            const next = passed[i + rule.limit];
            if (next !== undefined) expect(next - first).toBeGreaterThanOrEqual(rule.windowUs);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a spent permit is back after the window at least and 17/16 of it at most', () => {
    fc.assert(
      fc.property(windowRule, fc.integer({ min: 0, max: 100 * SECOND }), (rule, offset) => {
        const { time, store } = scene();
        time.now += offset;
        expect(take(store, [bucket(rule)], rule.limit).granted).toBe(rule.limit);
        const at = time.now;
        time.now = at + rule.windowUs - 1;
        expect(take(store, [bucket(rule)]).granted).toBe(0);
        time.now = at + 17 * Math.ceil(rule.windowUs / 16);
        expect(take(store, [bucket(rule)], rule.limit).granted).toBe(rule.limit);
      }),
    );
  });

  test('an evenly paced caller gets at least 94 % of the limit', () => {
    const { time, store } = scene();
    let passed = 0;
    for (let i = 0; i < 600 * 50; i++) {
      time.now += SECOND / 10;
      passed += take(store, [bucket({ ...sixty, limit: 600 })]).granted;
    }
    expect(passed / (600 * 50)).toBeGreaterThanOrEqual(0.94);
  });
});

test('rate: never more than burst + rate × t in any time t', () => {
  fc.assert(
    fc.property(
      rateRule.chain((rule) => fc.tuple(fc.constant(rule), fc.array(waits(spanOf(rule)), { maxLength: 100 }))),
      ([rule, pauses]) => {
        const { time, store } = scene();
        const passed: number[] = [];
        for (const pause of pauses) {
          time.now += pause;
          const { granted } = take(store, [bucket(rule)], 1 + (pause % 4));
          for (let i = 0; i < granted; i++) passed.push(time.now);
        }
        for (const [i, from] of passed.entries())
          for (const [j, to] of passed.slice(i).entries())
            expect(j + 1).toBeLessThanOrEqual(rule.burst + (to - from) / rule.intervalUs);
      },
    ),
    { numRuns: 300 },
  );
});

test('quota: never more than the limit in a window of the calendar, and all of it in the next', () => {
  const { time, store } = scene();
  expect(take(store, [bucket(daily)], 150).granted).toBe(100);
  const untilMidnightMs = 14.5 * 3_600_000;
  expect(take(store, [bucket(daily)]).buckets).toEqual([
    { remaining: 0, resetMs: untilMidnightMs, retryMs: untilMidnightMs },
  ]);
  time.now += untilMidnightMs * 1000 - 1;
  expect(take(store, [bucket(daily)]).granted).toBe(0);
  time.now += 1;
  expect(take(store, [bucket(daily)], 150).granted).toBe(100);
});

describe('several buckets are charged all or none', () => {
  test('what one refuses is charged to none', () => {
    const { store } = scene();
    const narrow: LimitRule = { kind: 'window', limit: 3, windowUs: MINUTE };
    for (let i = 0; i < 5; i++) take(store, [bucket(sixty, 'a'), bucket(narrow, 'b'), bucket(smooth, 'c')]);
    const left = store.consume([{ buckets: [bucket(sixty, 'a', 0), bucket(smooth, 'c', 0)], times: 1 }]);
    expect(left[0]?.buckets.map(({ remaining }) => remaining)).toEqual([57, 17]);
  });

  test('of several at once as many pass as fit into all', () => {
    const { store } = scene();
    expect(take(store, [bucket(sixty, 'a', 7), bucket(smooth, 'b', 3)], 100)).toMatchObject({
      granted: 6,
      buckets: [{ remaining: 18 }, { remaining: 2 }],
    });
  });
});

describe('counts that grow wide', () => {
  const widths = [200, 255, 256, 65_535, 65_536, 1_000_000_000, 2 ** 40].map((limit) => ({ limit }));

  test.each(widths)('all of $limit permits pass, at once and piece by piece, and not one more', ({ limit }) => {
    const { store, time } = scene();
    const rule: LimitRule = { kind: 'window', limit, windowUs: MINUTE };
    expect(take(store, [bucket(rule, 'at once')], limit).granted).toBe(limit);
    for (const part of [Math.floor(limit / 3), Math.floor(limit / 2)]) {
      expect(take(store, [bucket(rule, 'in pieces')], part).granted).toBe(part);
      time.now += 4 * SECOND;
    }
    expect(take(store, [bucket(rule, 'in pieces')], limit).granted).toBe(
      limit - Math.floor(limit / 3) - Math.floor(limit / 2),
    );
    for (const key of ['at once', 'in pieces']) expect(take(store, [bucket(rule, key)]).granted).toBe(0);
  });

  test('one who spends much changes nothing for those who spent little before', () => {
    const { store, time } = scene();
    const rule: LimitRule = { kind: 'window', limit: 1_000_000, windowUs: MINUTE };
    for (let i = 0; i < 40; i++) take(store, [bucket(rule, `caller ${i}`, i + 1)]);
    time.now += 30 * SECOND;
    take(store, [bucket(rule, 'caller 7', 300_000)], 3);
    for (let i = 0; i < 40; i++)
      expect(take(store, [bucket(rule, `caller ${i}`, 0)]).buckets[0]?.remaining).toBe(
        1_000_000 - i - 1 - (i === 7 ? 900_000 : 0),
      );
    time.now += 34 * SECOND;
    expect(take(store, [bucket(rule, 'caller 7', 0)]).buckets[0]?.remaining).toBe(100_000);
    expect(take(store, [bucket(rule, 'caller 8', 0)]).buckets[0]?.remaining).toBe(1_000_000);
  });

  test('several at once of one rule find each other, also when one makes room for the next', () => {
    const { store } = scene(2);
    const both = [bucket(sixty, 'a'), bucket(sixty, 'b'), bucket(sixty, 'c')];
    for (let i = 0; i < 3; i++) take(store, both);
    expect(store.size).toBe(2);
    expect(take(store, [bucket(sixty, 'c', 0)]).buckets[0]?.remaining).toBeLessThan(60);
  });
});

test('a look costs nothing, and leaves nothing behind', () => {
  const { store } = scene();
  for (const rule of [sixty, smooth, daily]) {
    const { granted, buckets } = take(store, [bucket(rule, 'nobody', 0)]);
    expect(granted).toBe(1);
    expect(buckets[0]).toMatchObject({ resetMs: 0, retryMs: 0 });
  }
  expect(store.size).toBe(0);
});

test('a cost above the limit never fits, and says so', () => {
  const { store } = scene();
  for (const rule of [sixty, smooth, daily])
    for (let i = 0; i < 2; i++) {
      const { granted, buckets } = take(store, [bucket(rule, 'alice', 101)]);
      expect(granted).toBe(0);
      expect(buckets[0]?.retryMs).toBe(Number.POSITIVE_INFINITY);
      take(store, [bucket(rule)]);
    }
});

describe('what is given back', () => {
  test.each([sixty, smooth, daily])('$kind: counts as if it had never been taken', (rule) => {
    const { store, time } = scene();
    const { at } = take(store, [bucket(rule, 'alice', 5)], 2);
    time.now += 10;
    store.giveBack([{ buckets: [bucket(rule, 'alice', 5)], times: 2, at }]);
    expect(take(store, [bucket(rule, 'alice', 0)]).buckets[0]).toMatchObject({
      remaining: rule.kind === 'rate' ? rule.burst : rule.limit,
      resetMs: 0,
    });
  });

  test('it makes no permits: of a subject that is not known, or whose permits are back by themselves', () => {
    const { store, time } = scene();
    const { at } = take(store, [bucket(sixty)], 10);
    time.now += 2 * MINUTE;
    take(store, [bucket(sixty)], 60);
    store.giveBack([{ buckets: [bucket(sixty), bucket(smooth, 'nobody')], times: 10, at }]);
    expect(take(store, [bucket(sixty)]).granted).toBe(0);
    expect(take(store, [bucket(smooth, 'nobody')], 100).granted).toBe(20);
  });
});

describe('a bounded number of subjects', () => {
  const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `address ${i}`);

  test('a million distinct addresses neither grow it nor make it forget one that was refused', () => {
    const { store, time } = scene(1000);
    take(store, [bucket(sixty, 'refused')], 61);
    take(store, [bucket(sixty, 'spent')], 60);
    for (const key of addresses(1_000_000)) {
      time.now += 50;
      take(store, [bucket(sixty, key)]);
    }
    expect(store.size).toBe(1000);
    expect(take(store, [bucket(sixty, 'refused')]).granted).toBe(0);
    expect(take(store, [bucket(sixty, 'spent')]).granted).toBe(0);
  });

  test('those whose permits are all back make room first, so that nobody else is forgotten', () => {
    const { store, time } = scene(1000);
    const keys = addresses(1000);
    for (const key of keys) take(store, [bucket(sixty, key)]);
    time.now += MINUTE;
    for (const key of keys.filter((_, i) => i % 2 === 1)) take(store, [bucket(sixty, key)], 2);
    time.now += 4 * SECOND;
    for (const key of addresses(500)) take(store, [bucket(sixty, `new ${key}`)]);
    for (const [i, key] of keys.entries())
      expect(take(store, [bucket(sixty, key, 0)]).buckets[0]?.remaining).toBe(i % 2 === 1 ? 58 : 60);
  });

  test('when all that are there were refused, a new one is refused too, and charged nowhere', () => {
    const { store, time } = scene(10);
    for (const key of addresses(10)) take(store, [bucket(sixty, key)], 61);
    expect(take(store, [bucket(smooth, 'new'), bucket(sixty, 'new')]).granted).toBe(0);
    expect(take(store, [bucket(smooth, 'new', 0)]).buckets[0]?.remaining).toBe(20);
    time.now += 64 * SECOND;
    expect(take(store, [bucket(sixty, 'new')]).granted).toBe(1);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('maxSubjects: %s makes no sense', (maxSubjects) => {
    expect(() => memoryLimitStore({ maxSubjects })).toThrow(/^maxSubjects must be/);
  });
});

test('a wall clock that is set back refuses nobody for that long', () => {
  const { store, time } = scene();
  take(store, [bucket(smooth)], 20);
  time.now -= 3600 * SECOND;
  take(store, [bucket(smooth)]);
  time.now += 2 * SECOND;
  expect(take(store, [bucket(smooth)], 20).granted).toBe(20);
});

describe('it decides as the plain log does', () => {
  interface Step {
    readonly wait: number;
    readonly picks: readonly number[];
    readonly costs: readonly number[];
    readonly times: number;
    readonly back: boolean;
  }
  const history = fc.array(anyRule, { minLength: 3, maxLength: 3 }).chain((rules) =>
    fc.tuple(
      fc.constant(rules),
      fc.integer({ min: 0, max: 40 * DAY }),
      fc.array(
        fc.record<Step>({
          wait: fc.oneof(...rules.map((rule) => waits(spanOf(rule)))),
          picks: fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 }),
          costs: fc.array(fc.constantFrom(0, 1, 1, 1, 2, 5, 41), { minLength: 3, maxLength: 3 }),
          times: fc.constantFrom(1, 1, 1, 2, 7, 50),
          back: fc.boolean(),
        }),
        { minLength: 1, maxLength: 25 },
      ),
    ),
  );

  test('10,000 histories of costs, crowds, looks, give-backs and several buckets at once', () => {
    fc.assert(
      fc.property(history, ([rules, offset, steps]) => {
        const { time, store } = scene();
        time.now += offset;
        const model = referenceModel(() => time.now);
        const taken: TakenPermits[] = [];
        for (const { wait, picks, costs, times, back } of steps) {
          time.now += wait;
          const last = back ? taken.pop() : undefined;
          if (last) {
            // rate has no memory of when it was taken; what was given back late is told in docs/limits.md
            const exact = {
              ...last,
              buckets: last.buckets.filter(({ rule }) => rule.kind !== 'rate' || time.now === last.at),
            };
            store.giveBack([exact]);
            model.giveBack([exact]);
          }
          const buckets = picks.map((pick, i) => {
            const rule = rules[pick % 3] as LimitRule;
            return bucket(rule, `key ${pick}`, costs[i] ?? 1);
          });
          const check: LimitCheck = { buckets, times };
          const [answer] = store.consume([check]);
          expect([answer]).toEqual(model.consume([check]));
          if (answer && answer.granted > 0) taken.push({ ...check, times: answer.granted, at: answer.at });
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
