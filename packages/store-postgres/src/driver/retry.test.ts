import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Retry } from './driver.ts';
import type { Fault } from './fault.ts';
import { type Attempt, type Failure, mayRepeat, type Place, withRetries } from './retry.ts';

const failure = (fault: Fault, place: Place = 'statement'): Failure => ({ fault, place, error: new Error(fault) });
const failed = (fault: Fault, place: Place = 'statement'): Attempt<never> => ({ ok: false, ...failure(fault, place) });

describe('what may be repeated', () => {
  it.each<[Fault, Place, Retry, boolean]>([
    ['not_executed', 'statement', 'never', true],
    ['rolled_back', 'statement', 'never', true],
    ['rolled_back', 'commit', 'never', true],
    ['connection_lost', 'statement', 'read', true],
    ['connection_lost', 'statement', 'idempotent', true],
    ['connection_lost', 'statement', 'never', false],
    ['connection_lost', 'unit', 'never', true],
    ['connection_lost', 'commit', 'never', false],
    ['connection_lost', 'commit', 'read', false],
    ['connection_lost', 'commit', 'idempotent', true],
    ['broken_plan', 'statement', 'never', true],
    ['read_only', 'statement', 'never', true],
    ['result', 'statement', 'idempotent', false],
    ['unavailable', 'statement', 'idempotent', false],
    ['mistake', 'statement', 'idempotent', false],
  ])('%s in a %s of a verb that repeats %s: %s', (fault, place, retry, expected) => {
    expect(mayRepeat([failure(fault, place)], retry)).toBe(expected);
  });

  it('a lost read, a stale plan and a read-only server are tried once more, not twice', () => {
    for (const fault of ['connection_lost', 'broken_plan', 'read_only'] as const) {
      expect(mayRepeat([failure(fault), failure(fault)], 'read')).toBe(false);
    }
    expect(mayRepeat([failure('connection_lost'), failure('not_executed')], 'read')).toBe(true);
  });

  it('an unknown outcome of a verb that is not idempotent is never repeated, whatever came before', () => {
    const faults = fc.constantFrom<Fault>('not_executed', 'rolled_back', 'broken_plan', 'read_only');
    fc.assert(
      fc.property(
        fc.array(faults, { maxLength: 3 }),
        fc.constantFrom<Place>('statement', 'commit'),
        (before, place) => {
          const failures = [...before.map((fault) => failure(fault)), failure('connection_lost', place)];
          expect(mayRepeat(failures, 'never')).toBe(false);
        },
      ),
    );
  });
});

describe('tries', () => {
  /** Time that passes only in pauses and attempts. */
  function manual(attemptMs = 0) {
    let now = 0;
    const pauses: number[] = [];
    return {
      pauses,
      now: () => now,
      spend: () => {
        now += attemptMs;
      },
      means: {
        clock: () => now,
        random: () => 0.5,
        pause: async (ms: number) => {
          pauses.push(ms);
          now += ms;
        },
      },
    };
  }

  it('there are three at most, with growing pauses of at least 50 ms', async () => {
    const time = manual();
    let tries = 0;
    const result = await withRetries(time.means, { retry: 'never', withinMs: Number.POSITIVE_INFINITY }, async () => {
      tries++;
      return failed('not_executed');
    });
    expect(result).toMatchObject({ ok: false, fault: 'not_executed' });
    expect(tries).toBe(3);
    expect(time.pauses).toEqual([75, 225]);
  });

  it('none begins after two seconds, nor after the time that the caller has', async () => {
    for (const [attemptMs, withinMs, expected] of [
      [1_990, Number.POSITIVE_INFINITY, 1],
      [900, Number.POSITIVE_INFINITY, 2],
      [400, 300, 1],
      [100, 300, 2],
    ] as const) {
      const time = manual(attemptMs);
      let tries = 0;
      await withRetries(time.means, { retry: 'never', withinMs }, async () => {
        tries++;
        time.spend();
        return failed('not_executed');
      });
      expect(tries, `${attemptMs} of ${withinMs}`).toBe(expected);
    }
  });

  it('an attempt is told what went wrong before, and a stale plan costs no pause', async () => {
    const time = manual();
    const told: string[][] = [];
    const result = await withRetries<number>(time.means, { retry: 'never', withinMs: 1_000 }, async (before) => {
      told.push(before.map(({ fault }) => fault));
      return before.length === 0 ? failed('broken_plan') : { ok: true, value: 7 };
    });
    expect(result).toEqual({ ok: true, value: 7 });
    expect(told).toEqual([[], ['broken_plan']]);
    expect(time.pauses).toEqual([]);
  });
});
