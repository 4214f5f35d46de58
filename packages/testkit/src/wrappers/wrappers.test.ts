import { StoreUnavailableError } from '@castellan/core/kernel';
import { expect, test } from 'vitest';
import { countingStore } from './counting-store.ts';
import { withFaults } from './with-faults.ts';
import { withLatency } from './with-latency.ts';

interface Numbers {
  readonly name: string;
  add(n: number): Promise<number>;
  sum(): Promise<number>;
}

function numbers(): Numbers {
  let sum = 0;
  return {
    name: 'numbers',
    async add(n) {
      sum += n;
      return sum;
    },
    async sum() {
      return sum;
    },
  };
}

test('a call that never arrives changes nothing, one whose answer is lost is carried out', async () => {
  const store = withFaults(numbers(), { add: ['before', null, 'after'] });
  await expect(store.add(1)).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(await store.sum()).toBe(0);
  expect(await store.add(1)).toBe(1);
  await expect(store.add(1)).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(await store.sum()).toBe(2);
  expect(await store.add(1), 'beyond the table calls succeed').toBe(3);
});

test('a plan that is a function is asked with the verb and its count', async () => {
  const store = withFaults(numbers(), (verb, nth) => (verb === 'add' && nth % 2 === 0 ? 'before' : null));
  await store.add(1);
  await expect(store.add(1)).rejects.toThrow('faults: add 2 never arrived');
  expect(await store.add(1)).toBe(2);
});

test('what is no verb passes through the wrappers', () => {
  expect(withLatency(withFaults(numbers(), {}), 0).name).toBe('numbers');
});

test('a rejection of the store itself passes through the wrappers', async () => {
  const store = {
    async fail(): Promise<void> {
      throw new Error('own');
    },
  };
  await expect(countingStore(withLatency(withFaults(store, {}), 0)).store.fail()).rejects.toThrow('own');
});

test('a later call may arrive earlier where latencies say so', async () => {
  const order: number[] = [];
  const store = withLatency(
    {
      async note(n: number) {
        order.push(n);
      },
    },
    (_, nth) => (nth === 1 ? 20 : 0),
  );
  await Promise.all([store.note(1), store.note(2)]);
  expect(order).toEqual([2, 1]);
});

test('calls are counted by verb and in all, failed ones too', async () => {
  const counting = countingStore(withFaults(numbers(), { add: ['before'] }));
  const { store } = counting;
  await expect(store.add(1)).rejects.toThrow();
  await store.add(1);
  await store.sum();
  expect([counting.calls('add'), counting.calls('sum'), counting.calls()]).toEqual([2, 1, 3]);
});
