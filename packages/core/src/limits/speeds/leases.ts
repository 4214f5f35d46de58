import type { BucketState, LimitAnswer, LimitBucket } from '../limit-store.ts';
import { countDebited, countPassed, demandOf, newPace, type Pace, recentlyDebited } from './pace.ts';

/** Permits taken ahead, so that most checks ask nobody. */
export interface Leases {
  /** What is known of checks of a signature; `undefined`: nothing was leased to them yet. */
  line(signature: string): Line | undefined;
  /**
   * Serves a check from permits that the store was asked for before.
   *
   * @returns its answer; `undefined` where there are too few
   */
  take(line: Line, times: number, now: number): LimitAnswer | undefined;
  /** Whether so few are left that more should be asked for in the background. */
  runsLow(line: Line, now: number): boolean;
  /** How many more to ask for, along with `times` that are asked for anyway. */
  wanted(signature: string, times: number, now: number): number;
  /** Learns from an answer of the store, and keeps what was granted beyond those who pass by it. */
  keep(granted: GrantedPermits, now: number): void;
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

/** Requests that were paid for in one step. */
interface Block {
  left: number;
  readonly at: number;
  readonly until: number;
}

/** What is known of checks of one signature. */
export interface Line {
  readonly windowMs: number;
  readonly leaseMs: number;
  readonly pace: Pace;
  readonly buckets: readonly LimitBucket[];
  /** As the store answered last. */
  states: readonly BucketState[];
  knownAt: number;
  /** The older one is served first. At most two: a new one is asked for when the last is nearly used up. */
  readonly blocks: Block[];
  /** How many the last lease was for. */
  size: number;
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
/** Looks for a line that may make room for a new one. */
const LOOKS = 8;

/**
 * Makes them. What is leased was debited before, so no more is ever admitted than was paid for: the only error is that a
 * permit is used up to `leaseMs = maxError × window` after it was paid. Under a `rate` it is as if `leaseMs` more had
 * passed, however much is leased. Of a `window`, a process leases at most `maxError` of what it was granted within the
 * last one; all processes together were granted at most the limit, so that at most `maxError × limit` more than it pass
 * within any window. Where it is known how many processes there are, half of that is given to what a process was granted
 * and half to all of them evenly: then a caller need not have spent much before anything is leased.
 *
 * Only for `window` and `rate`: a permit of one day must not be spent on the next. A check of several budgets is leased
 * as a whole, by the shortest of their windows. What is not used in time is lost to its caller: at most as much as the
 * caller used in the same time before.
 */
export function createLeases({ maxError, expectedInstances, maxLines }: LeaseOptions): Leases {
  const lines = new Map<string, Line>();
  /** Of each budget, the one signature that has the process's even share. */
  const owners = new Map<string, Line>();
  /** How long the store takes to answer, ms: what has the age of its lease when it arrives is not asked for. */
  let callMs = 0;

  function lineOf(signature: string, buckets: readonly LimitBucket[], now: number): Line | undefined {
    const known = lines.get(signature);
    if (known) return known;
    const windowMs = leasableWindowMs(buckets, maxError);
    const leaseMs = windowMs * maxError;
    if (!(leaseMs >= LEAST_LEASE_MS && makeRoom(now))) return undefined;
    const line: Line = { windowMs, leaseMs, pace: newPace(), buckets, states: [], knownAt: 0, blocks: [], size: 0 };
    lines.set(signature, line);
    if (expectedInstances !== undefined) for (const { key } of buckets) if (!owners.has(key)) owners.set(key, line);
    return line;
  }
  /** The oldest that did not pass anything lately makes room. */
  function makeRoom(now: number): boolean {
    if (lines.size < maxLines) return true;
    let looks = LOOKS;
    for (const [signature, line] of lines) {
      if (looks-- === 0) return false;
      lines.delete(signature);
      if (demandOf(line.pace, line.leaseMs, now) === 0) {
        for (const { key } of line.buckets) if (owners.get(key) === line) owners.delete(key);
        return true;
      }
      lines.set(signature, line); // to the end
    }
    return false;
  }

  return {
    line: (signature) => lines.get(signature),
    take(line, times, now) {
      const { blocks } = line;
      dropExpired(blocks, now);
      for (let i = 0; i < blocks.length; i++) {
        const block = blocks[i];
        if (!block || block.left < times) continue;
        block.left -= times;
        if (block.left === 0) blocks.splice(i, 1);
        countPassed(line.pace, times, line.leaseMs, now);
        return { granted: times, buckets: statesOf(line, now), at: block.at };
      }
      return undefined;
    },
    runsLow: (line, now) => held(line) < line.size / 4 && allowance(line, 0, now) >= 2,
    wanted(signature, times, now) {
      const line = lines.get(signature);
      if (!line || callMs * 4 > line.leaseMs) return 0;
      dropExpired(line.blocks, now);
      const size = allowance(line, times, now);
      const more = size - held(line);
      return size < 2 || more < 1 ? 0 : more;
    },
    keep({ signature, buckets, answer, passed, sentAt }, now) {
      callMs += (now - sentAt - callMs) / 8;
      if (answer.granted === 0 && !lines.has(signature)) return;
      const line = lineOf(signature, buckets, now);
      if (!line) return;
      line.states = answer.buckets;
      line.knownAt = sentAt;
      countDebited(line.pace, answer.granted, line.windowMs, now);
      countPassed(line.pace, passed, line.leaseMs, now);
      const left = answer.granted - passed;
      if (left > 0) line.blocks.push({ left, at: answer.at, until: sentAt + line.leaseMs });
      line.size = held(line);
    },
  };

  /** How many requests this process may have paid for ahead, beside those that are about to pass. */
  function allowance(line: Line, times: number, now: number): number {
    const { pace, windowMs, leaseMs, buckets, states } = line;
    const granted = recentlyDebited(pace, windowMs, now);
    let most = demandOf(pace, leaseMs, now) + times;
    for (const [i, { key, rule, cost }] of buckets.entries()) {
      const remaining = states[i]?.remaining ?? 0;
      most = Math.min(most, Math.floor(remaining / (8 * cost)));
      if (rule.kind === 'rate') continue;
      let share = granted;
      if (expectedInstances !== undefined) {
        const even = owners.get(key) === line ? rule.limit / expectedInstances / cost : 0;
        share = (granted + even) / 2;
      }
      most = Math.min(most, Math.floor(share * maxError));
    }
    return most;
  }
}

/** The shortest window of all, ms; `NaN` where one of them is not for leases, or so small that none is ever worth it. */
function leasableWindowMs(buckets: readonly LimitBucket[], maxError: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const { rule, cost } of buckets) {
    if (rule.kind === 'quota' || cost === 0) return Number.NaN;
    if ((rule.kind === 'rate' ? rule.burst : rule.limit) * maxError < 2 * cost) return Number.NaN;
    const windowUs = rule.kind === 'rate' ? rule.burst * rule.intervalUs : rule.windowUs;
    shortest = Math.min(shortest, windowUs / 1000);
  }
  return shortest;
}

/** They expire in the order in which they came. */
function dropExpired(blocks: Block[], now: number): void {
  while (blocks[0] && blocks[0].until <= now) blocks.shift();
}

function held({ blocks }: Line): number {
  let sum = 0;
  for (const { left } of blocks) sum += left;
  return sum;
}

/** What is leased is the caller's: it counts as not spent yet. */
function statesOf(line: Line, now: number): readonly BucketState[] {
  const { buckets, states, knownAt } = line;
  const ahead = held(line);
  const only = states[0];
  if (states.length === 1 && only) return [stateAfter(only, ahead * (buckets[0]?.cost ?? 1), now - knownAt)];
  return states.map((state, i) => stateAfter(state, ahead * (buckets[i]?.cost ?? 1), now - knownAt));
}

function stateAfter({ remaining, resetMs, retryMs }: BucketState, ahead: number, passedMs: number): BucketState {
  return {
    remaining: remaining + ahead,
    resetMs: Math.max(0, Math.ceil(resetMs - passedMs)),
    retryMs: ahead > 0 ? 0 : Math.max(0, Math.ceil(retryMs - passedMs)),
  };
}
