import { setTimeout as delay } from 'node:timers/promises';
import type { DistributedLimits, LimitAnswer, LimitRule, LimitStore } from '@castellan/core/limits';
import { expect } from 'vitest';

/**
 * How long an answer takes at most while the store is away: the default. The times are printed: they are what is
 * promised, and a test machine that is busy with others cannot be held to them.
 */
export const DEADLINE_MS = 25;
/** What a busy machine may add. */
export const SLACK_MS = 100;

/** Of what is not about the deadline: a busy machine may take longer than that to answer. */
const PATIENT_MS = 10_000;

const rule: LimitRule = { kind: 'window', limit: 40, windowUs: 60_000_000 };

/** One more check that the store itself answers, whatever it takes; what is left then. */
export async function spend(store: LimitStore, key: string): Promise<number | undefined> {
  const [answer] = await store.consume([{ buckets: [{ key, partition: key, rule, cost: 1 }], times: 1 }], PATIENT_MS);
  return answer?.buckets[0]?.remaining;
}

/** One check of one caller. */
export async function ask(
  limits: DistributedLimits,
  key: string,
): Promise<{ readonly answer: LimitAnswer; readonly ms: number }> {
  const start = performance.now();
  const [answer] = await limits.consume([{ buckets: [{ key, partition: key, rule, cost: 1 }], times: 1 }]);
  if (!answer) throw new Error('no answer');
  return { answer, ms: performance.now() - start };
}

/** A process whose store goes away: one of four that share it. */
export interface Outage {
  /** Whose counts are shared. */
  readonly store: LimitStore;
  readonly limits: DistributedLimits;
  readonly events: string[];
}

/** One check after the other of different callers, then many of one while nobody waits any more; prints the times. */
export async function goThrough(name: string, { limits, events }: Outage): Promise<void> {
  const first: number[] = [];
  let inVain = 0;
  for (let i = 0; events.length === 0 && i < 10_000; i++) {
    const { answer, ms } = await ask(limits, `caller ${i}`);
    first.push(ms);
    // a store that was still there has decided, however slowly
    if (answer.at <= 0 && ms > DEADLINE_MS / 2) inVain++;
  }
  const later: number[] = [];
  let passed = 0;
  for (let i = 0; i < 2000; i++) {
    const { answer, ms } = await ask(limits, 'caller');
    later.push(ms);
    passed += answer.granted;
  }
  later.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0] = [later[1000], later[1980]];
  console.log(
    `${name}: first checks ${first.map((ms) => ms.toFixed(1)).join(', ')} ms; then p50 ${(p50 * 1000).toFixed(1)} µs, p99 ${(p99 * 1000).toFixed(1)} µs`,
  );
  // three failures open the breaker; one may come before the last of them is known: a call's time begins when it is sent,
  // a caller's when it asks
  expect(first.length).toBeGreaterThanOrEqual(3);
  expect(inVain).toBeLessThanOrEqual(4);
  expect(Math.max(...first)).toBeLessThan(DEADLINE_MS + SLACK_MS);
  expect(p50).toBeLessThan(1);
  // its share of the limit, and what came back meanwhile
  expect(passed).toBe(10);
  expect(events).toEqual(['unavailable']);
}

/** Asks until the store is known to be back. */
export async function recovers({ limits, events }: Outage): Promise<void> {
  for (const end = Date.now() + 20_000; events.length < 2 && Date.now() < end; await delay(20))
    await ask(limits, 'probe');
  expect(events).toEqual(['unavailable', 'recovered']);
}
