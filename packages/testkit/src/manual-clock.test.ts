import { expect, test } from 'vitest';
import { manualClock } from './manual-clock.ts';
import { skewDate } from './skew-date.ts';

test('a manual clock stands still until it is moved', () => {
  const clock = manualClock(1_000);
  expect([clock(), clock()]).toEqual([1_000, 1_000]);
  expect(clock.advance(500)).toBe(1_500);
  expect(clock.advance('2s')).toBe(3_500);
  clock.set(10);
  expect(clock()).toBe(10);
});

test('a duration that is none is refused', () => {
  // @ts-expect-error: not a duration
  expect(() => manualClock().advance('soon')).toThrow(TypeError);
});

test('a skewed Date is off in every way of asking for the time, and comes back', () => {
  const before = Date.now();
  const restore = skewDate(3_600_000);
  try {
    for (const now of [Date.now(), Date.parse(new Date().toISOString())]) {
      expect(now - before).toBeGreaterThanOrEqual(3_600_000);
      expect(now - before).toBeLessThan(3_660_000);
    }
    expect(new Date(5).getTime(), 'a given time is not moved').toBe(5);
    expect(new Date() instanceof Date).toBe(true);
    expect(Date.UTC(1970, 0, 1)).toBe(0);
  } finally {
    restore();
  }
  expect(Math.abs(Date.now() - before)).toBeLessThan(60_000);
});
