import { expect, test } from 'vitest';
import { createStoreClock } from './store-clock.ts';

const HOUR = 3_600_000;

/** A process whose clocks the test moves, and a store an hour ahead of its wall clock at first. */
function world() {
  const time = { wall: 1_000_000, monotonic: 500 };
  let truth = time.wall + HOUR;
  const storeClock = createStoreClock(() => time.wall);
  /** Time passes on every clock. */
  const pass = (ms: number): void => {
    time.wall += ms;
    time.monotonic += ms;
    truth += ms;
  };
  return {
    pass,
    /** The wall clock is set. */
    step(ms: number): void {
      time.wall += ms;
    },
    /** The machine sleeps: its monotonic clock stands still. */
    sleep(ms: number): void {
      time.wall += ms;
      truth += ms;
    },
    /** A call that takes so long each way; `meanwhile` happens after the store has read its clock. */
    call(wayMs: number, meanwhile = (): void => undefined): void {
      const sent = { ...time };
      pass(wayMs);
      const said = truth;
      meanwhile();
      pass(wayMs);
      storeClock.observe(said, sent, { ...time });
    },
    /** How far the store's clock, as it is known here, is from the truth. */
    error: () => storeClock.now() - truth,
  };
}

test('until the store has told its time, it is taken for our own', () => {
  expect(world().error()).toBe(-HOUR);
});

test('one call tells it, to within half of what it took', () => {
  const w = world();
  w.call(20);
  expect(w.error()).toBe(0);
  w.pass(10_000);
  expect(w.error()).toBe(0);
});

test('a slow call does not spoil what a quick one told; after a minute it is taken', () => {
  const w = world();
  w.call(5);
  w.call(400, () => w.pass(300));
  expect(w.error()).toBe(0);
  w.pass(60_000);
  w.call(400, () => w.pass(300));
  expect(Math.abs(w.error())).toBeLessThanOrEqual(550);
  expect(w.error()).not.toBe(0);
});

test('a slow call that contradicts what is known is taken: the wall clock was set since', () => {
  const w = world();
  w.call(5);
  w.step(-30_000);
  w.call(400);
  expect(w.error()).toBe(0);
});

test.each([-HOUR, -1_500])('a wall clock set back by %i ms during a call shifts nothing', (ms) => {
  const w = world();
  w.call(20);
  w.call(20, () => w.step(ms));
  expect(w.error()).toBe(0);
});

test('a machine that slept during a call: what the store had said before is not taken for the time after', () => {
  const w = world();
  w.call(20);
  w.call(20, () => w.sleep(3 * HOUR));
  expect(w.error()).toBe(0);
});

test('a wall clock set ahead during a call looks like sleep: the next call puts it right', () => {
  const w = world();
  w.call(20);
  w.call(20, () => w.step(3 * HOUR));
  expect(w.error()).toBe(3 * HOUR); // as if it had been set a moment before or after
  w.call(20);
  expect(w.error()).toBe(0);
});

test('a clock that is slewed, not set, is followed', () => {
  const w = world();
  w.call(20);
  w.call(20, () => w.step(40));
  expect(w.error()).toBe(0);
});
