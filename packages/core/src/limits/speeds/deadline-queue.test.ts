import { expect, test } from 'vitest';
import { createDeadlineQueue } from './deadline-queue.ts';
import { simulatedTime } from './simulated-time.cases.ts';

function scene(deadlineMs = 25) {
  const time = simulatedTime();
  const queue = createDeadlineQueue(deadlineMs, time.monotonic, time.timers);
  const expired: string[] = [];
  const add = (name: string): { done: boolean } => {
    const pending = { done: false, lateAt: 0, expire: () => expired.push(name) };
    queue.add(pending, time.monotonic());
    return pending;
  };
  return { time, queue, expired, add };
}

test('each expires at its deadline, in turn, and not when it is done', async () => {
  const { time, expired, add } = scene();
  add('first');
  await time.pass(10);
  const second = add('second');
  add('third');
  second.done = true;
  await time.pass(14);
  expect(expired).toEqual([]);
  await time.pass(1);
  expect(expired).toEqual(['first']);
  await time.pass(10);
  expect(expired).toEqual(['first', 'third']);
});

test('a loop that stood still reads what has come before it says that nothing came', async () => {
  const { time, queue } = scene();
  const answer = Promise.withResolvers<string>();
  const asked = queue.inTime(() => answer.promise, time.monotonic());
  // timers that are due come first, sockets after them, in the same turn
  time.timers.after(25, () => answer.resolve('there'));
  await time.pass(100);
  expect(await asked).toBe('there');
});

test('many that are done in time are not kept until their deadlines', async () => {
  const { time, expired, add } = scene(10_000);
  for (let i = 0; i < 20_000; i++) {
    const pending = add(`${i}`);
    pending.done = i % 1000 !== 0;
    if (i % 1000 === 0) await time.pass(1);
  }
  await time.pass(10_000);
  expect(expired.length).toBe(20);
});
