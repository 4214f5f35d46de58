import { grown } from '../ledger.ts';
import type { BucketState, LimitAnswer } from '../limit-store.ts';

/**
 * What is held for checks of each signature, as numbers that lie together: a check that is served here reads two lines of
 * the processor's cache, not twenty objects. A line is named by its number, from 1.
 */
export interface LeaseLines {
  /** Makes room for lines up to this one. */
  reach(line: number): void;
  /** Begins a line. `periodMs`: for which its demand is counted. `cost`: of its only budget; 0: it has several. */
  begin(line: number, periodMs: number, cost: number): void;
  /** Serves from the older block first; `undefined` where neither has as many. */
  take(line: number, times: number, now: number): LimitAnswer | undefined;
  /** Adds what was paid for. A third block takes the place of the oldest, which has little left. */
  add(line: number, left: number, at: number, until: number, now: number): void;
  /** Requests that are paid for. */
  held(line: number, now: number): number;
  /** Drops what is held beyond so many, the oldest first. */
  keepAtMost(line: number, count: number, now: number): void;
  /** What the store said last of its only budget. */
  know(line: number, state: BucketState, sentAt: number): void;
  /** How often a check fits into what its only budget had then; `Infinity` where there are several, or nobody knows. */
  fitting(line: number): number;
  /** So many passed that it did not serve; below 0: so many came back. */
  countPassed(line: number, count: number, now: number): void;
  /** How many pass within a period, as it was lately. */
  demand(line: number, now: number): number;
  /** Whether so little is left of what is held, or of its life, that it's time for more, and that was not said just now. */
  isLow(line: number, now: number): boolean;
}

// a block: requests that were paid for in one step, until when they are good, and when they were paid for
const LEFT = 0;
const UNTIL = 1;
const AT = 2;
/** The second block. */
const NEXT = 3;
// how many passed in this period and in the one before, and when this one began
const IN_THIS = 6;
const IN_LAST = 7;
const PERIOD = 8;
/** What was held after the last lease; 0: it was said that this is low. */
const SIZE = 9;
// the only budget, as it was answered last
const REMAINING = 10;
const RESET_AT = 11;
const RETRY_AT = 12;
/** From then on it is low, however much is left. */
const LOW_AT = 13;
const COST = 14;
const PERIOD_MS = 15;
const RECORD = 16;

/** A line that is low says so once in this time: meanwhile it is asked for, as a rule. */
const LOW_MS = 1;

/** @param statesOf the budgets of a line that has several */
export function createLeaseLines(
  statesOf: (line: number, ahead: number, now: number) => readonly BucketState[],
): LeaseLines {
  let n = new Float64Array(0);

  /** Precondition: the first is empty or over. */
  function shift(start: number): void {
    n.copyWithin(start, start + NEXT, start + NEXT + NEXT);
    n[start + NEXT + LEFT] = 0;
  }
  function dropExpired(start: number, now: number): void {
    // they are over in the order in which they came
    for (let i = 0; i < 2 && (n[start + LEFT] ?? 0) > 0 && (n[start + UNTIL] ?? 0) <= now; i++) shift(start);
  }
  function turn(start: number, now: number): void {
    const periodMs = n[start + PERIOD_MS] ?? 0;
    const passed = now - (n[start + PERIOD] ?? 0);
    if (passed < periodMs) return;
    n[start + IN_LAST] = passed < 2 * periodMs ? (n[start + IN_THIS] ?? 0) : 0;
    n[start + IN_THIS] = 0;
    n[start + PERIOD] = now;
  }
  /** What is leased is the caller's: it counts as not spent yet. */
  function stateNow(start: number, ahead: number, now: number): BucketState {
    return {
      remaining: (n[start + REMAINING] ?? 0) + ahead * (n[start + COST] ?? 0),
      resetMs: Math.max(0, Math.ceil((n[start + RESET_AT] ?? 0) - now)),
      retryMs: ahead > 0 ? 0 : Math.max(0, Math.ceil((n[start + RETRY_AT] ?? 0) - now)),
    };
  }

  return {
    reach(line) {
      const wanted = (line + 1) * RECORD;
      if (wanted > n.length) n = grown(n, Math.max(wanted, n.length * 2));
    },
    begin(line, periodMs, cost) {
      const start = line * RECORD;
      n.fill(0, start, start + RECORD);
      n[start + PERIOD] = Number.NEGATIVE_INFINITY;
      n[start + REMAINING] = Number.POSITIVE_INFINITY;
      n[start + COST] = cost;
      n[start + PERIOD_MS] = periodMs;
    },
    take(line, times, now) {
      const start = line * RECORD;
      dropExpired(start, now);
      let block = start;
      if ((n[block + LEFT] ?? 0) < times) block += NEXT;
      if ((n[block + LEFT] ?? 0) < times) return undefined;
      n[block + LEFT] = (n[block + LEFT] ?? 0) - times;
      const at = n[block + AT] ?? 0;
      if (n[start + LEFT] === 0) shift(start);
      turn(start, now);
      n[start + IN_THIS] = (n[start + IN_THIS] ?? 0) + times;
      const ahead = (n[start + LEFT] ?? 0) + (n[start + NEXT + LEFT] ?? 0);
      const buckets = n[start + COST] === 0 ? statesOf(line, ahead, now) : [stateNow(start, ahead, now)];
      return { granted: times, buckets, at };
    },
    add(line, left, at, until, now) {
      const start = line * RECORD;
      dropExpired(start, now);
      if (left > 0) {
        if ((n[start + NEXT + LEFT] ?? 0) > 0) shift(start);
        const isFirst = (n[start + LEFT] ?? 0) === 0;
        const block = isFirst ? start : start + NEXT;
        // they are over in the order in which they came, also where the later one lives for less
        if (!isFirst && (n[start + UNTIL] ?? 0) > until) n[start + UNTIL] = until;
        n[block + LEFT] = left;
        n[block + UNTIL] = until;
        n[block + AT] = at;
        n[start + LOW_AT] = until - (until - now) / 4;
      }
      n[start + SIZE] = (n[start + LEFT] ?? 0) + (n[start + NEXT + LEFT] ?? 0);
    },
    held(line, now) {
      const start = line * RECORD;
      dropExpired(start, now);
      return (n[start + LEFT] ?? 0) + (n[start + NEXT + LEFT] ?? 0);
    },
    keepAtMost(line, count, now) {
      const start = line * RECORD;
      dropExpired(start, now);
      const older = n[start + LEFT] ?? 0;
      const later = n[start + NEXT + LEFT] ?? 0;
      const most = Math.max(0, count);
      if (older + later <= most) return;
      n[start + NEXT + LEFT] = Math.min(later, most);
      n[start + LEFT] = Math.max(0, most - later);
      if (n[start + LEFT] === 0) shift(start);
    },
    know(line, { remaining, resetMs, retryMs }, sentAt) {
      const start = line * RECORD;
      n[start + REMAINING] = remaining;
      n[start + RESET_AT] = sentAt + resetMs;
      n[start + RETRY_AT] = sentAt + retryMs;
    },
    fitting(line) {
      const cost = n[line * RECORD + COST] ?? 0;
      return cost === 0 ? Number.POSITIVE_INFINITY : (n[line * RECORD + REMAINING] ?? 0) / cost;
    },
    countPassed(line, count, now) {
      const start = line * RECORD;
      turn(start, now);
      const passed = (n[start + IN_THIS] ?? 0) + count;
      n[start + IN_THIS] = Math.max(0, passed);
      if (passed < 0) n[start + IN_LAST] = Math.max(0, (n[start + IN_LAST] ?? 0) + passed);
    },
    demand(line, now) {
      const start = line * RECORD;
      turn(start, now);
      return Math.max(n[start + IN_THIS] ?? 0, n[start + IN_LAST] ?? 0);
    },
    isLow(line, now) {
      const start = line * RECORD;
      const left = (n[start + LEFT] ?? 0) + (n[start + NEXT + LEFT] ?? 0);
      if (left >= (n[start + SIZE] ?? 0) / 4 && now < (n[start + LOW_AT] ?? 0)) return false;
      n[start + SIZE] = 0;
      n[start + LOW_AT] = now + LOW_MS;
      return true;
    },
  };
}
