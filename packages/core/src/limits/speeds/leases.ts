import { grown } from '../ledger.ts';
import type { BucketState, LimitAnswer, LimitBucket } from '../limit-store.ts';
import { leasableWindowMs, leaseMsOf } from './lease-life.ts';
import { createLeaseLines } from './lease-lines.ts';
import { clearPace, countDebited, countGivenBack, PACE, recentlyDebited } from './pace.ts';

/** Permits taken ahead, so that most checks ask nobody. */
export interface Leases {
  /** The number of the line of checks of a signature; 0: nothing was leased to them yet. */
  lineOf(signature: string): number;
  /** The same of checks that come again and again: no text is looked up where their line is still where it was. */
  lineAt(place: LinePlace): number;
  /**
   * Serves a check from permits that the store was asked for before.
   *
   * @returns its answer; `undefined` where there are too few
   */
  take(line: number, times: number, now: number): LimitAnswer | undefined;
  /** Whether so few are left that more should be asked for in the background. */
  runsLow(line: number, now: number): boolean;
  /** For how long what is held is enough, as its caller went on lately, ms. */
  lastsMs(line: number, now: number): number;
  /** How many more to ask for, along with `times` that are asked for anyway. */
  wanted(signature: string, buckets: readonly LimitBucket[], times: number, now: number): number;
  /** Learns from an answer of the store, and keeps what was granted beyond those who pass by it. */
  keep(granted: GrantedPermits, now: number): void;
  /** Permits of checks of a signature go back to the store: what is leased is no share of these. */
  givenBack(signature: string, times: number, now: number): void;
}

/** Where the line of a signature was found last. */
export interface LinePlace {
  readonly signature: string;
  number: number;
  /** What was there then; another one: the place was made room in. */
  line: unknown;
}

/** What an answer granted. */
export interface GrantedPermits {
  readonly signature: string;
  readonly buckets: readonly LimitBucket[];
  readonly answer: LimitAnswer;
  /** Requests that pass by it right away. */
  readonly passed: number;
  /** When it was asked for, monotonic ms: it was debited then or later. */
  readonly sentAt: number;
}

/** What is known of a line beside what each check of it needs. */
interface Line {
  readonly number: number;
  readonly windowMs: number;
  /** How long a permit is kept once it was paid. */
  readonly leaseMs: number;
  /** The same of what is within the even share. */
  readonly evenMs: number;
  readonly buckets: readonly LimitBucket[];
  /** Whether one of its budgets is that of a window: how much is leased depends on how much was granted. */
  readonly ofWindow: boolean;
  /** The process's even share of the least of these, in requests; 0 where another line has it. */
  readonly even: number;
  /** As the store answered last, where it has several budgets. */
  states: readonly BucketState[];
  knownAt: number;
  /** When permits were given back last. */
  backAt: number;
}

/** What {@link createLeases} takes. */
export interface LeaseOptions {
  /** The share of a limit by which it may be exceeded, and of its window for which a permit is kept. */
  readonly maxError: number;
  /** Processes that share the store, at most; left out where nobody knows. */
  readonly expectedInstances?: number | undefined;
  /** Signatures that are followed at once. */
  readonly maxLines: number;
}

/** A shorter lease is over before it was worth asking for. */
const LEAST_LEASE_MS = 5;
/** Of what is within an even share, which is the same whenever it is asked for. */
const EVEN_LIVES_IN_WINDOW = 2;
/** Or as long as any other lease: headers tell what the store said when it began. */
const MOST_EVEN_MS = 30_000;
/** So many are leased to who has not come for a while, of a limit of which that is nothing. */
const TO_NEWCOMERS = 8;
/** Looks for a line that may make room for a new one. */
const LOOKS = 8;

/**
 * Makes them. What is leased was debited before, so no more is ever admitted than was paid for: the only error is that a
 * permit is used up to `leaseMs` after it was paid.
 *
 * Under a `rate` it is as if `leaseMs` more had passed, however much is leased: a lease lives for `maxError` of the time
 * in which all permits come back. Of a `window` it is how much is leased that counts, as within any window no more pass
 * than were paid in it or held when it began: a process leases at most `maxError` of what it was granted within the last
 * one, and all processes together were granted at most the limit. So a lease may live for a tenth of the window, and
 * those too are leased to who come now and then. Where it is known how many processes there are, half of what may be
 * held is given to what a process was granted and half to all of them evenly: then a caller need not have spent much
 * before anything is leased, and who comes after a while is given a few at once, so that its next requests wait for
 * nobody: of all processes together at most `maxError` of the limit in a window, should it not come again. The even half
 * is the same at every moment. Where no more than that is held, it does not matter when it was paid, and it lives for
 * half a window, or half a minute where that is less: callers who come seldom are those who would wait.
 *
 * Only for `window` and `rate`: a permit of one day must not be spent on the next. A check of several budgets is leased
 * as a whole, by the shortest of their windows. What is not used in time is lost to its caller: at most as much as the
 * caller used in the same time before, or was given when it came.
 */
export function createLeases({ maxError, expectedInstances, maxLines }: LeaseOptions): Leases {
  const numbers = new Map<string, number>();
  /** By number. */
  const lines: (Line | undefined)[] = [undefined];
  const held = createLeaseLines((line, ahead, now) => statesOf(lines[line] as Line, ahead, now));
  let paces = new Float64Array(0);
  /** Of each budget, the one line that has the process's even share. */
  const owners = new Map<string, number>();
  /** How long the store takes to answer, ms: what has the age of its lease when it arrives is not asked for. */
  let callMs = 0;

  const lineOf = (signature: string): number => numbers.get(signature) ?? 0;

  function lineFor(signature: string, buckets: readonly LimitBucket[], now: number): Line | undefined {
    const known = numbers.get(signature);
    if (known !== undefined) return lines[known];
    const windowMs = leasableWindowMs(buckets, maxError);
    const leaseMs = leaseMsOf(buckets, maxError);
    const number = windowMs > 0 && leaseMs >= LEAST_LEASE_MS ? vacant(now) : 0;
    if (number === 0) return undefined;
    const even = expectedInstances === undefined ? 0 : evenShare(number, buckets, expectedInstances);
    const isEven = even > 0 && buckets.every(({ rule }) => rule.kind === 'window');
    const line: Line = {
      number,
      windowMs,
      leaseMs,
      evenMs: isEven ? Math.max(leaseMs, Math.min(windowMs / EVEN_LIVES_IN_WINDOW, MOST_EVEN_MS)) : leaseMs,
      buckets,
      ofWindow: buckets.some(({ rule }) => rule.kind === 'window'),
      even,
      states: [],
      knownAt: 0,
      backAt: Number.NEGATIVE_INFINITY,
    };
    numbers.set(signature, number);
    lines[number] = line;
    held.reach(number);
    if ((number + 1) * PACE > paces.length) paces = grown(paces, Math.max((number + 1) * PACE, paces.length * 2));
    held.begin(number, line.evenMs, buckets.length === 1 ? (buckets[0]?.cost ?? 0) : 0);
    clearPace(paces, number * PACE);
    return line;
  }
  /** It has a share of each of its budgets that no other line has one of, as long as it's there. */
  function evenShare(number: number, buckets: readonly LimitBucket[], instances: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { key, rule, cost } of buckets) {
      if (!owners.has(key)) owners.set(key, number);
      if (rule.kind === 'window')
        least = Math.min(least, owners.get(key) === number ? rule.limit / instances / cost : 0);
    }
    return least;
  }
  /** The number of none, else that of the oldest that did not pass anything lately. 0: there is none. */
  function vacant(now: number): number {
    if (numbers.size < maxLines) return numbers.size + 1;
    let looks = LOOKS;
    for (const [signature, number] of numbers) {
      if (looks-- === 0) return 0;
      numbers.delete(signature);
      if (held.demand(number, now) === 0) {
        for (const { key } of lines[number]?.buckets ?? []) if (owners.get(key) === number) owners.delete(key);
        return number;
      }
      numbers.set(signature, number); // to the end
    }
    return 0;
  }

  /** What may be held whenever it was asked for. */
  const ownShare = ({ even }: Line): number => (even * maxError) / 2;

  /** What may be held of a window, by what was granted within the last one. */
  function shareOf(line: Line, now: number): number {
    const granted = recentlyDebited(paces, line.number * PACE, line.windowMs, now);
    return expectedInstances === undefined ? granted * maxError : (granted * maxError) / 2 + ownShare(line);
  }
  /** What was given back can be granted to others, and they lease from it: it must not stay leased here too. */
  function dropBeyondShare(line: Line, now: number): void {
    if (line.ofWindow) held.keepAtMost(line.number, Math.floor(shareOf(line, now)), now);
  }

  /** How many requests this process may have paid for ahead, beside those that are about to pass. */
  function allowance(line: Line, times: number, now: number): number {
    const { number, leaseMs, evenMs, buckets, states, ofWindow } = line;
    const demand = held.demand(number, now);
    let most = (demand * leaseMs) / evenMs + times;
    if (ofWindow) most = Math.min(most, shareOf(line, now));
    if (evenMs > leaseMs) {
      const wanted = demand === 0 ? TO_NEWCOMERS : demand + times;
      most = Math.max(most, Math.min(wanted, ownShare(line)));
    }
    most = Math.min(most, held.fitting(number) / 8);
    for (let i = 0; i < states.length; i++)
      most = Math.min(most, (states[i]?.remaining ?? 0) / (buckets[i]?.cost ?? 1) / 8);
    return Math.floor(most);
  }

  return {
    lineOf,
    lineAt(place) {
      if (place.line !== undefined && lines[place.number] === place.line) return place.number;
      place.number = lineOf(place.signature);
      place.line = lines[place.number];
      return place.number;
    },
    take: (line, times, now) => held.take(line, times, now),
    runsLow(line, now) {
      if (!held.isLow(line, now)) return false;
      const size = allowance(lines[line] as Line, 0, now);
      return size >= 2 && size - held.held(line, now) >= 1;
    },
    lastsMs: (line, now) => (held.held(line, now) * (lines[line]?.evenMs ?? 0)) / held.demand(line, now),
    wanted(signature, buckets, times, now) {
      // who has an even share has it from the first request on
      const line = expectedInstances === undefined ? lines[lineOf(signature)] : lineFor(signature, buckets, now);
      if (line === undefined || callMs * 4 > line.leaseMs) return 0;
      const size = allowance(line, times, now);
      const more = size - held.held(line.number, now);
      return size < 2 || more < 1 ? 0 : more;
    },
    keep({ signature, buckets, answer, passed, sentAt }, now) {
      callMs += (now - sentAt - callMs) / 8;
      if (answer.granted === 0 && !numbers.has(signature)) return;
      const line = lineFor(signature, buckets, now);
      if (line === undefined) return;
      const { number, windowMs, leaseMs, evenMs } = line;
      const only = answer.buckets[0];
      if (answer.buckets.length === 1 && only !== undefined) held.know(number, only, sentAt);
      else {
        line.states = answer.buckets;
        line.knownAt = sentAt;
      }
      countDebited(paces, number * PACE, answer.granted, windowMs, now);
      held.countPassed(number, passed, now);
      const left = answer.granted - passed;
      const isEven = held.held(number, now) + left <= ownShare(line);
      held.add(number, left, answer.at, sentAt + (isEven ? evenMs : leaseMs), now);
      if (line.backAt >= sentAt) dropBeyondShare(line, now);
    },
    givenBack(signature, times, now) {
      const number = numbers.get(signature);
      if (number === undefined) return;
      countGivenBack(paces, number * PACE, times);
      held.countPassed(number, -times, now);
      const line = lines[number];
      if (!line) return;
      line.backAt = now;
      dropBeyondShare(line, now);
    },
  };
}

/** What is leased is the caller's: it counts as not spent yet. */
function statesOf({ buckets, states, knownAt }: Line, ahead: number, now: number): readonly BucketState[] {
  return states.map(({ remaining, resetMs, retryMs }, i) => ({
    remaining: remaining + ahead * (buckets[i]?.cost ?? 1),
    resetMs: Math.max(0, Math.ceil(knownAt + resetMs - now)),
    retryMs: ahead > 0 ? 0 : Math.max(0, Math.ceil(knownAt + retryMs - now)),
  }));
}
