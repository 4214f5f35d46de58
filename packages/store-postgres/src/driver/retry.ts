import type { MonotonicClock } from '@castellan/core/kernel';
import type { Retry } from './driver.ts';
import type { Fault } from './fault.ts';

/** Where a fault struck: in a single statement, in a transaction before COMMIT was sent, or after. */
export type Place = 'statement' | 'unit' | 'commit';

/** How an attempt failed. */
export interface Failure {
  readonly fault: Fault;
  readonly place: Place;
  readonly error: unknown;
}

/** An attempt gives its value or says how it failed; it never rejects. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Failure);

const maxTries = 3;
const maxRetryMs = 2_000;
const minPauseMs = 50;

/**
 * Whether the same may be carried out again after these failures, the last of which decides. Nothing is repeated whose
 * repetition could be seen: an unknown outcome only where the verb is idempotent by construction.
 */
export function mayRepeat(failures: readonly Failure[], retry: Retry): boolean {
  const last = failures.at(-1);
  if (!last || failures.length >= maxTries) return false;
  const first = failures.every((failure) => failure === last || failure.fault !== last.fault);
  switch (last.fault) {
    case 'not_executed':
    case 'rolled_back':
      return true;
    case 'connection_lost':
      if (last.place === 'unit') return true;
      if (retry === 'never' || (retry === 'read' && last.place === 'commit')) return false;
      return first;
    case 'broken_plan':
    case 'read_only':
      return first;
    case 'result':
    case 'unavailable':
    case 'mistake':
      return false;
  }
}

/** Time and chance of the tries. */
export interface RetryMeans {
  readonly clock: MonotonicClock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Carries out an attempt up to three times, for at most two seconds and `withinMs` in all, with pauses of at least
 * 50 ms. `attempt` is told the failures so far and the milliseconds that are left.
 */
export async function withRetries<T>(
  means: RetryMeans,
  options: { readonly retry: Retry; readonly withinMs: number },
  attempt: (before: readonly Failure[], leftMs: number) => Promise<Attempt<T>>,
): Promise<Attempt<T>> {
  const started = means.clock();
  const failures: Failure[] = [];
  for (;;) {
    const result = await attempt(failures, options.withinMs - (means.clock() - started));
    if (result.ok) return result;
    failures.push(result);
    if (!mayRepeat(failures, options.retry)) return result;
    const pauseMs = pauseAfter(failures, means.random());
    const spentMs = means.clock() - started + pauseMs;
    if (spentMs > maxRetryMs || spentMs >= options.withinMs) return result;
    if (pauseMs > 0) await means.pause(pauseMs);
  }
}

/** A fresh connection is all that a broken plan needs; everybody else spreads out, or a whole fleet comes back at once. */
function pauseAfter(failures: readonly Failure[], random: number): number {
  const fault = failures.at(-1)?.fault;
  if (fault === 'broken_plan' || fault === 'read_only') return 0;
  return minPauseMs * 3 ** (failures.length - 1) * (1 + random);
}
