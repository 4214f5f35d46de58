import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('turns come in the order of asking, one at a time', async () => {
  const turns = createTurns(() => 0);
  const order: number[] = [];
  let inside = 0;
  await Promise.all(
    [1, 2, 3, 4].map(async (who) => {
      const end = await turns.take(1000);
      expect(++inside).toBe(1);
      await Promise.resolve();
      order.push(who);
      inside--;
      end();
      end(); // a second time does nothing
    }),
  );
  expect(order).toEqual([1, 2, 3, 4]);
});

test('who waits too long is told why, and nobody behind waits for it', async () => {
  const turns = createTurns(() => 0);
  const end = await turns.take(1000);
  const late = turns.take(1);
  const patient = turns.take(1000);
  await expect(late).rejects.toThrow(/one connection/);
  end();
  (await patient)();
  (await turns.take(1))();
});

test('work in microtasks leaves the event loop room every few milliseconds', async () => {
  let now = 0;
  const turns = createTurns(() => now);
  expect(turns.breathe()).toBeUndefined();
  now = 3;
  expect(turns.breathe()).toBeUndefined();
  now = 4;
  let fired = false;
  setImmediate(() => {
    fired = true;
  });
  await turns.breathe();
  expect(fired).toBe(true);
  expect(turns.breathe()).toBeUndefined();
});
