import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHealth, type HealthParts } from './health.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Checks with a limit of 2 s, and what was told of them. */
function scene(checks: Partial<Pick<HealthParts, 'stores' | 'own'>>) {
  const told: string[] = [];
  const health = createHealth({
    service: 'orders',
    stores: {},
    own: {},
    timeoutMs: 2000,
    monotonic: () => performance.now(),
    onDown: (check, error) => told.push(`${check} is down: ${error instanceof Error ? error.message : String(error)}`),
    onUp: (check) => told.push(`${check} is up`),
    ...checks,
  });
  return { health, told };
}

/** A dependency that answers when it is told to. */
function dependency() {
  const open: { answer: () => void; fail: (error: Error) => void; signal: AbortSignal }[] = [];
  return {
    open,
    check: (signal: AbortSignal) =>
      new Promise<void>((answer, fail) => {
        open.push({ answer, fail, signal });
      }),
  };
}

describe('a health report', () => {
  test('says of everything that is up how long it took', async () => {
    const { health, told } = scene({
      stores: { postgres: async () => 1 },
      own: { mail: () => new Promise((resolve) => setTimeout(resolve, 250)), queue: () => undefined },
    });
    const report = health();
    await vi.advanceTimersByTimeAsync(250);
    expect(await report).toEqual({
      ok: true,
      service: 'orders',
      db_ok: true,
      checks: {
        postgres: { ok: true, latency_ms: 0 },
        mail: { ok: true, latency_ms: 250 },
        queue: { ok: true, latency_ms: 0 },
      },
    });
    expect(told).toEqual([]);
  });
  test.each([
    ['rejects', async () => Promise.reject(new Error('connect postgres://app:hunter2@db'))],
    [
      'throws at once',
      () => {
        throw new Error('connect postgres://app:hunter2@db');
      },
    ],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['answers false', async () => false],
  ])('a dependency that %s is down, and the report does not say why', async (_, check) => {
    const up = { ok: true, latency_ms: 0 };
    const down = { ok: false, latency_ms: 0 };
    const store = await scene({ stores: { postgres: check }, own: { mail: () => {} } }).health();
    expect(store).toEqual({ ok: false, service: 'orders', db_ok: false, checks: { postgres: down, mail: up } });
    const own = await scene({ stores: { postgres: () => {} }, own: { mail: check } }).health();
    expect(own).toEqual({ ok: false, service: 'orders', db_ok: true, checks: { postgres: up, mail: down } });
  });
  test('one that is slow is down at the time limit, its signal is aborted, and the others are not waited for twice', async () => {
    const slow = dependency();
    const { health, told } = scene({ stores: { postgres: slow.check, redis: dependency().check } });
    const report = health();
    await vi.advanceTimersByTimeAsync(1999);
    expect(slow.open[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await report).checks).toEqual({
      postgres: { ok: false, latency_ms: 2000 },
      redis: { ok: false, latency_ms: 2000 },
    });
    expect(slow.open[0]?.signal.aborted).toBe(true);
    expect(told).toEqual(['postgres is down: no answer within 2000 ms', 'redis is down: no answer within 2000 ms']);
  });
  test('a thousand that ask together share one check of each dependency', async () => {
    const store = dependency();
    const { health } = scene({ stores: { postgres: store.check } });
    const reports = Array.from({ length: 1000 }, health);
    await vi.advanceTimersByTimeAsync(10);
    store.open[0]?.answer();
    for (const { ok } of await Promise.all(reports)) expect(ok).toBe(true);
    expect(store.open).toHaveLength(1);
  });
  test('a check that hangs is not joined by a second one: those who ask later hear at once that it is down', async () => {
    const store = dependency();
    const { health } = scene({ stores: { postgres: store.check } });
    for (let second = 0; second < 20; second++) {
      const report = health();
      await vi.advanceTimersByTimeAsync(1000);
      if (second > 1) expect((await report).ok).toBe(false);
    }
    expect(store.open).toHaveLength(1);
    store.open[0]?.answer(); // late, but it lives: the next one asks again
    await vi.advanceTimersByTimeAsync(0);
    const report = health();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.open).toHaveLength(2);
    store.open[1]?.answer();
    expect((await report).ok).toBe(true);
  });
  test('a check that never ends is given up after ten limits, so that a dependency that is back is seen', async () => {
    const store = dependency();
    const { health, told } = scene({ stores: { postgres: store.check } });
    void health();
    await vi.advanceTimersByTimeAsync(20_001);
    const report = health();
    await vi.advanceTimersByTimeAsync(0);
    store.open[1]?.answer();
    expect((await report).ok).toBe(true);
    expect(told).toEqual(['postgres is down: no answer within 2000 ms', 'postgres is up']);
    store.open[0]?.fail(new Error('at last')); // says nothing any more
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toHaveLength(2);
  });
  test('an outage is told once, and its end too', async () => {
    let isDown = true;
    const { health, told } = scene({
      own: {
        mail: () => {
          if (isDown) throw new Error('greeted with 421');
        },
      },
    });
    await health();
    await health();
    isDown = false;
    await health();
    await health();
    isDown = true;
    await health();
    expect(told).toEqual(['mail is down: greeted with 421', 'mail is up', 'mail is down: greeted with 421']);
  });
  test('keeps no timer running once everything has answered', async () => {
    await scene({ stores: { postgres: async () => 1 } }).health();
    expect(vi.getTimerCount()).toBe(0);
  });
});

test.each([
  ['health.checks.postgres', { postgres: () => {} }],
  ['health.checks.two words', { 'two words': () => {} }],
  ['health.checks.mail', { mail: Promise.resolve() as unknown as () => void }],
])('%s: a check that makes no sense is a TypeError that names it', (path, own) => {
  expect(() => scene({ stores: { postgres: () => {} }, own })).toThrow(TypeError);
  expect(() => scene({ stores: { postgres: () => {} }, own })).toThrow(path);
});
