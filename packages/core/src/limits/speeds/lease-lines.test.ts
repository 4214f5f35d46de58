import { expect, test } from 'vitest';
import { createLeaseLines, type LeaseLines } from './lease-lines.ts';

const LEASE_MS = 600;

function lines(cost = 1): LeaseLines {
  const held = createLeaseLines((line, ahead) => [{ remaining: line, resetMs: ahead, retryMs: 0 }]);
  held.reach(3);
  for (const line of [1, 2, 3]) held.begin(line, LEASE_MS, cost);
  return held;
}

test('the older block is served first, each until it is over, and no line serves from another one', () => {
  const held = lines();
  held.add(2, 2, 71, 600, 0);
  held.add(2, 3, 72, 700, 100);
  expect([1, 2, 3].map((line) => held.held(line, 100))).toEqual([0, 5, 0]);
  expect([1, 2, 3].map((line) => held.take(line, 1, 100)?.at)).toEqual([undefined, 71, undefined]);
  expect(held.take(2, 1, 600)?.at).toBe(72);
  expect(held.held(2, 600)).toBe(2);
  expect(held.take(2, 1, 700)).toBeUndefined();
});

test('a check of several is served from one block, or not', () => {
  const held = lines();
  held.add(1, 2, 71, 600, 0);
  held.add(1, 3, 72, 700, 100);
  expect(held.take(1, 4, 100)).toBeUndefined();
  expect(held.take(1, 3, 100)).toMatchObject({ granted: 3, at: 72 });
  expect(held.take(1, 2, 100)).toMatchObject({ granted: 2, at: 71 });
  expect(held.held(1, 100)).toBe(0);
});

test('a third block takes the place of the oldest: what was paid for is lost rather than served twice', () => {
  const held = lines();
  for (const [at, left] of [10, 20, 30].entries()) held.add(1, left, at, 600 + at, at);
  expect(held.held(1, 5)).toBe(50);
  let served = 0;
  while (held.take(1, 1, 5)) served++;
  expect(served).toBe(50);
});

test('it is low once three quarters are used or over, and says so once in a millisecond', () => {
  const held = lines();
  held.add(1, 8, 71, 600, 0);
  held.take(1, 6, 100);
  expect(held.isLow(1, 100)).toBe(false);
  held.take(1, 1, 200);
  expect([200, 200.5, 201].map((now) => held.isLow(1, now))).toEqual([true, false, true]);
  held.add(2, 8, 71, 600, 0);
  expect([449, 451].map((now) => held.isLow(2, now))).toEqual([false, true]);
  held.add(2, 4, 72, 1052, 452);
  expect([460, 903].map((now) => held.isLow(2, now))).toEqual([false, true]);
});

test('nothing to add takes no place', () => {
  const held = lines();
  held.add(1, 10, 71, 600, 0);
  held.add(1, 10, 72, 700, 1);
  held.add(1, 0, 73, 800, 2);
  expect(held.held(1, 3)).toBe(20);
});

test('what is held counts as not spent, at what it costs', () => {
  const held = lines(5);
  held.know(1, { remaining: 100, resetMs: 1000, retryMs: 300 }, 50);
  expect([held.fitting(1), lines(0).fitting(1)]).toEqual([20, Number.POSITIVE_INFINITY]);
  held.add(1, 2, 71, 600, 60);
  expect(held.take(1, 1, 60.5)?.buckets).toEqual([{ remaining: 105, resetMs: 990, retryMs: 0 }]);
  expect(held.take(1, 1, 100)?.buckets).toEqual([{ remaining: 100, resetMs: 950, retryMs: 250 }]);
});

test('of several budgets the whole answer is asked for', () => {
  const held = lines(0);
  held.add(3, 2, 71, 600, 0);
  expect(held.take(3, 1, 1)?.buckets).toEqual([{ remaining: 3, resetMs: 1, retryMs: 0 }]);
});

test('demand is that of this life of a lease or of the one before, without what came back', () => {
  const held = lines();
  held.countPassed(1, 40, 1000);
  held.countPassed(1, -10, 1100);
  expect(held.demand(1, 1200)).toBe(30);
  held.countPassed(1, 5, 1600);
  expect(held.demand(1, 1600)).toBe(30);
  held.countPassed(1, -15, 1601);
  expect(held.demand(1, 1601)).toBe(20);
  expect(held.demand(1, 2900)).toBe(0);
});

test('a line that begins anew remembers nothing of the one before', () => {
  const held = lines();
  held.add(1, 10, 71, 600, 0);
  held.countPassed(1, 5, 0);
  held.begin(1, LEASE_MS, 1);
  expect([held.held(1, 1), held.demand(1, 1), held.take(1, 1, 1)]).toEqual([0, 0, undefined]);
});
