import { describe, expect, test } from 'vitest';
import { createStallGate, type StallGate } from './stall-gate.ts';

interface Loop {
  readonly gate: StallGate;
  readonly timers: () => number;
  /** Time passes while the loop turns. */
  readonly run: (ms: number) => void;
  /** Time passes while it does not. */
  readonly sleep: (ms: number) => void;
  readonly tick: () => void;
  readonly arrives: () => boolean;
}

function loop(): Loop {
  let now = 1_000;
  const ticks = new Set<() => void>();
  const gate = createStallGate({
    monotonic: () => now,
    repeat(_everyMs, tick) {
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
  });
  const tick = (): void => {
    for (const one of ticks) one();
  };
  return {
    gate,
    timers: () => ticks.size,
    run(ms) {
      for (const end = now + ms; now < end; tick()) now = Math.min(end, now + 250);
    },
    sleep(ms) {
      now += ms;
    },
    tick,
    arrives: () => gate.refuses(now),
  };
}

describe('stall gate', () => {
  test('a loop that turns refuses nothing', () => {
    const { gate, run, arrives } = loop();
    gate.start();
    for (let second = 0; second < 20; second++) {
      run(1_000);
      expect(arrives()).toBe(false);
    }
  });

  test('after a gap of more than a second, what is read within the next second is refused', () => {
    const { gate, run, sleep, tick, arrives } = loop();
    gate.start();
    run(5_000);
    sleep(1_001);
    tick();
    expect(arrives()).toBe(true);
    run(999);
    expect(arrives()).toBe(true);
    run(1);
    expect(arrives()).toBe(false);
  });

  test('sockets that are read before the timer gets its turn are refused too', () => {
    const { gate, run, sleep, arrives } = loop();
    gate.start();
    run(5_000);
    sleep(1_001);
    expect(arrives()).toBe(true);
  });

  test('a request that was read before the gap and comes to its turn after it is refused', () => {
    const { gate, run, sleep } = loop();
    gate.start();
    run(5_000);
    const readAt = 6_000;
    sleep(3_000);
    expect(gate.refuses(readAt)).toBe(true);
  });

  test('what counts is when a request was read, not when its body had come', () => {
    const { gate, run, sleep, tick } = loop();
    gate.start();
    sleep(2_000); // until 3,000
    tick();
    run(1_500);
    expect(gate.refuses(3_999)).toBe(true);
    expect(gate.refuses(4_000)).toBe(false);
  });

  test('a gap of up to a second is none', () => {
    const { gate, run, sleep, arrives } = loop();
    gate.start();
    run(1_000);
    sleep(1_000);
    expect(arrives()).toBe(false);
  });

  test('it watches between start and stop only, with one timer', () => {
    const { gate, sleep, arrives, timers } = loop();
    sleep(9_000);
    expect(arrives()).toBe(false);
    gate.start();
    gate.start();
    expect(timers()).toBe(1);
    gate.stop();
    expect(timers()).toBe(0);
    sleep(9_000);
    expect(arrives()).toBe(false);
  });
});
