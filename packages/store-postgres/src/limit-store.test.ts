import { StoreUnavailableError } from '@castellan/core/kernel';
import type { LimitCheck, LimitStore } from '@castellan/core/limits';
import { expect, test } from 'vitest';
import type { Runner, RunOptions } from './driver/driver.ts';
import { limitStore } from './limit-store.ts';
import { quotedSchema } from './sql/quoted-schema.ts';

const rule = { kind: 'rate', intervalUs: 1000, burst: 10 } as const;
const checkOf = (...keys: readonly string[]): LimitCheck => ({
  buckets: keys.map((key) => ({ key, partition: 'p', rule, cost: 1 })),
  times: 1,
});
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A store whose database is away as soon as `fail` is called; `asked` is how each statement was sent. */
function away(): {
  readonly store: LimitStore;
  readonly asked: readonly RunOptions[];
  readonly wait: (ms: number) => void;
  readonly fail: () => Promise<void>;
} {
  let time = 1000;
  const asked: RunOptions[] = [];
  const failures: (() => void)[] = [];
  const runner: Runner = {
    run(_statement, _values, how) {
      asked.push(how);
      return new Promise((_, reject) => failures.push(() => reject(new StoreUnavailableError('postgres', 'away'))));
    },
  };
  const options = { mode: 'batch', maxFlights: 1, clock: () => time, deadlineMs: 1000, now: undefined } as const;
  return {
    store: limitStore(runner, quotedSchema('castellan'), options),
    asked,
    wait: (ms) => {
      time += ms;
    },
    async fail() {
      for (const failure of failures.splice(0)) failure();
      await soon();
      await soon();
    },
  };
}

test('the driver is told how long the caller waits, else how long the store does', async () => {
  const { store, asked, fail } = away();
  const both = checkOf('b', 'c');
  const calls = [
    store.consume([checkOf('a')], 50),
    store.consume([both], 60),
    store.giveBack([{ ...checkOf('d'), at: 1 }], 70),
    store.giveBack([{ ...checkOf('e'), at: 1 }]),
    store.consume([{ buckets: both.buckets.map((bucket) => ({ ...bucket, cost: 0 })), times: 1 }], 80),
  ].map((call) => expect(call).rejects.toThrow('away'));
  await soon();
  await soon();
  await fail();
  await Promise.all(calls);
  expect(asked.map(({ withinMs }) => withinMs).toSorted((a = 0, b = 0) => a - b)).toEqual([50, 60, 70, 80, 1000]);
});

test('a flight waits as long as the most patient of its callers, less what they have waited', async () => {
  const { store, asked, wait, fail } = away();
  const calls = [expect(store.consume([checkOf('a')], 500)).rejects.toThrow('away')];
  await soon();
  calls.push(...[100, 300, 200].map((ms) => expect(store.consume([checkOf(`b${ms}`)], ms)).rejects.toThrow('away')));
  wait(50);
  await fail();
  await fail();
  await Promise.all(calls);
  expect(asked.map(({ withinMs }) => withinMs)).toEqual([500, 250]);
});

test('whose caller has gone while it waited is not sent', async () => {
  const { store, asked, wait, fail } = away();
  const first = expect(store.consume([checkOf('a')], 500)).rejects.toThrow('away');
  await soon();
  const late = expect(store.consume([checkOf('b')], 100)).rejects.toThrow(StoreUnavailableError);
  wait(100);
  await fail();
  await Promise.all([first, late]);
  expect(asked).toHaveLength(1);
});
