import {
  type Duration,
  durationMs,
  type MonotonicClock,
  monotonicClock,
  type StoreUnavailableError,
} from '../../kernel/index.ts';
import type { LimitAnswer, LimitCheck, LimitStore } from '../limit-store.ts';
import { createBreaker } from './breaker.ts';
import { createDeadlineQueue } from './deadline-queue.ts';
import { createDenyCache } from './deny-cache.ts';
import { createFallback, type StoreFailure } from './fallback.ts';
import { createFlights, WITH_OTHERS_MS } from './flights.ts';
import { createGiveBacks } from './give-backs.ts';
import { createLeases } from './leases.ts';
import { passenger } from './passenger.ts';
import { type RecurringCheck, type RecurringStore, recurringCheck } from './recurring-check.ts';
import { processTimers, type Timers } from './timers.ts';

/** What {@link distributedLimits} takes. */
export interface DistributedLimitsOptions extends LimitVariant {
  /** How long a check waits for the store. Default `25ms`. */
  readonly deadline?: Duration;
  /**
   * The share of a limit by which leases may exceed it. A permit of a window is used up to a tenth of the window after it
   * was paid, one of a rate up to this share of the time in which all come back. Default 0.01, at most 0.05. 0: no leases.
   */
  readonly maxError?: number;
  /**
   * Processes that share the store, at most. While it is away, each allows `max(1, floor(limit / expectedInstances))`;
   * left out, the whole limit. Where it is known, more can be leased.
   */
  readonly expectedInstances?: number;
  /** Callers that are remembered at once by each of the deny cache, the leases and the local limits. Default 100,000. */
  readonly maxSubjects?: number;
  /** The store is away: checks are decided by `onStoreFailure` from now on. Once for each outage. */
  readonly onUnavailable?: (reason: StoreUnavailableError) => void;
  /** The store is back, after so many ms, and its counts are what is true. */
  readonly onRecovered?: (awayMs: number) => void;
  /** For tests: the time by which is waited, ms. */
  readonly monotonic?: MonotonicClock;
  /** For tests: how is waited. */
  readonly timers?: Timers;
  /** For tests: the time of the local limits, in whole microseconds. */
  readonly now?: () => number;
}

/** What policies may choose for themselves. */
export interface LimitVariant {
  /** What becomes of a check that the store did not answer in time. Default `local`. */
  readonly onStoreFailure?: StoreFailure;
  /** Whether permits may be taken ahead. Default true. */
  readonly leases?: boolean;
}

/** A limit store that asks another one as rarely as it can. */
export interface DistributedLimits extends RecurringStore {
  /** The same counts, calls and breaker with choices of a policy's own. One key always comes by one variant. */
  variant(choices: LimitVariant): RecurringStore;
}

/**
 * Puts a limit store that is reached through the network behind what saves calls and what stands in while it is away.
 *
 * - *Deny cache*: a budget that refused is not asked again until it has permits, for a second at most.
 * - *Coalescing*: a budget is in one call at a time; equal checks that arrive meanwhile are one check of n.
 * - *Tick batch*: all checks of one turn of the event loop are one call; of many the first 32 leave before.
 * - *Leases*: of `window` and `rate` limits that are used much, this process takes permits ahead. Within any window at
 *   most `maxError × limit` more than the limit pass, for any number of processes; `expectedInstances`, where it is given,
 *   must not be below it. The first three are exact.
 *
 * A check is answered within `deadline`, plus what the event loop is late. After three calls in a row that failed nobody
 * waits any more until the store answers again. What the store charged for a check that was not waited for stays charged.
 * Leases are good until they expire, also while the store is away.
 *
 * Answers with a value where the decision is local. Never rejects because the store is away.
 *
 * @param store whose counts are shared; a memory store needs none of this
 * @throws TypeError when an option makes no sense
 */
export function distributedLimits(store: LimitStore, options: DistributedLimitsOptions = {}): DistributedLimits {
  const { maxError = 0.01, expectedInstances, maxSubjects = 100_000, onUnavailable, onRecovered, now } = options;
  const { monotonic: clock = monotonicClock, timers = processTimers } = options;
  const deadlineMs = durationMs(options.deadline ?? '25ms', 'deadline');
  if (deadlineMs === 0) throw new TypeError("deadline must be longer than '0ms'");
  if (!(maxError >= 0 && maxError <= 0.05)) throw new TypeError(`maxError must be 0 to 0.05, not ${maxError}`);
  if (expectedInstances !== undefined) wholeAboveZero(expectedInstances, 'expectedInstances');
  wholeAboveZero(maxSubjects, 'maxSubjects');

  const deadlines = createDeadlineQueue(deadlineMs, clock, timers);
  const breaker = createBreaker(clock, {
    ...(onUnavailable && { onUnavailable }),
    ...(onRecovered && { onRecovered }),
  });
  const denyCache = createDenyCache(maxSubjects);
  const leases = createLeases({ maxError, expectedInstances, maxLines: maxSubjects });
  const fallback = createFallback({ expectedInstances: expectedInstances ?? 1, maxSubjects, now });
  const parts = { store, deadlines, breaker, denyCache, leases, clock, timers };
  const flights = createFlights(parts);
  const giveBackToStore = createGiveBacks(parts);

  const look = ({ buckets }: LimitCheck, at: number): Promise<unknown> =>
    deadlines.inTime(
      (ms) => store.consume([{ buckets: buckets.map((bucket) => ({ ...bucket, cost: 0 })), times: 1 }], ms),
      at,
    );

  function variant(choices: LimitVariant): RecurringStore {
    const way = choices.onStoreFailure ?? options.onStoreFailure ?? 'local';
    if (way !== 'local' && way !== 'allow' && way !== 'deny')
      throw new TypeError(`onStoreFailure must be 'local', 'allow' or 'deny', not ${JSON.stringify(way)}`);
    const leased = maxError > 0 && (choices.leases ?? options.leases ?? true);

    /** What can be said without waiting. */
    function decideHere(check: RecurringCheck, at: number): LimitAnswer | undefined {
      const { buckets, signature, times } = check;
      const line = leased ? leases.lineAt(check) : 0;
      const served = line === 0 ? undefined : leases.take(line, times, at);
      if (served) {
        if (leases.runsLow(line, at) && !breaker.isOpen)
          flights.refill({ signature, buckets, leased }, leases.lastsMs(line, at) > 4 * WITH_OTHERS_MS);
        return served;
      }
      const refusal = denyCache.refusal(buckets, at);
      if (refusal || !breaker.isOpen) return refusal;
      breaker.probe(at, () => look(check, at));
      return fallback.decide(check, way);
    }
    /** Makes an answer where the store has none. */
    const one = (check: LimitCheck, answer: LimitAnswer | undefined): LimitAnswer =>
      answer ?? fallback.decide(check, way);
    const listed = (check: LimitCheck, answer: LimitAnswer | undefined): readonly LimitAnswer[] => [one(check, answer)];

    function wait<R>(
      check: RecurringCheck,
      at: number,
      read: (check: LimitCheck, answer: LimitAnswer | undefined) => R,
    ): Promise<R> {
      return new Promise<R>((resolve, reject) => {
        const told = resolve as (read: unknown) => void;
        const { signature, buckets } = check;
        flights.ask({ signature, buckets, leased }, passenger({ check, read, resolve: told, reject }), at);
      });
    }
    function decide(check: RecurringCheck): LimitAnswer | Promise<LimitAnswer> {
      const at = clock();
      return decideHere(check, at) ?? wait(check, at, one);
    }

    return {
      consume(checks) {
        const only = checks.length === 1 ? checks[0] : undefined;
        if (only) {
          const check = recurringCheck(only.buckets, only.times);
          const at = clock();
          const answer = decideHere(check, at);
          return answer ? [answer] : wait(check, at, listed);
        }
        const answers = checks.map(({ buckets, times }) => decide(recurringCheck(buckets, times)));
        return answers.every(isLocal) ? answers : Promise.all(answers.map((answer) => Promise.resolve(answer)));
      },
      decide,
      giveBack: (taken) => giveBackToStore(fallback.giveBack(taken)),
    };
  }

  return { ...variant({}), variant };
}

const isLocal = (answer: LimitAnswer | Promise<LimitAnswer>): answer is LimitAnswer => !(answer instanceof Promise);

function wholeAboveZero(value: number, path: string): void {
  if (!(Number.isInteger(value) && value > 0))
    throw new TypeError(`${path} must be a whole number above 0, not ${value}`);
}
