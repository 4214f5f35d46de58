import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { turnClock } from './turn-clock.ts';

describe('turnClock', () => {
  it('says one time to all who ask in a turn of the event loop, and another in the next', async () => {
    let time = 0;
    const clock = turnClock(() => ++time);
    const first = clock();
    await Promise.resolve();
    expect([first, clock()]).toEqual([1, 1]);
    await setImmediate();
    expect([clock(), clock()]).toEqual([2, 2]);
    await setImmediate();
    expect(time).toBe(2); // nobody has asked
  });

  it('is never ahead of the clock it reads, and goes with it', async () => {
    const clock = turnClock();
    let before = clock();
    for (let turn = 0; turn < 20; turn++) {
      await setImmediate();
      const now = clock();
      expect(now).toBeGreaterThan(before);
      expect(now).toBeLessThanOrEqual(performance.now());
      before = now;
    }
  });
});
