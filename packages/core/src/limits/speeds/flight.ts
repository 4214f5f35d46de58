import type { LimitBucket } from '../limit-store.ts';
import type { Passenger } from './passenger.ts';

/** A check on its way to the store. */
export interface Asked {
  readonly signature: string;
  readonly buckets: readonly LimitBucket[];
  /** Whether more may be asked for than it needs. */
  readonly leased: boolean;
}

/** All who wait for the same. */
export interface Group {
  readonly asked: Asked;
  passengers: Passenger[];
}

/** What is asked about in one call. */
export interface Flight {
  readonly groups: ReadonlyMap<string, Group>;
  /** Whether some signature is the key of an only budget. */
  readonly ofOne: boolean;
  /** The partitions of the other checks: where none of them is asked about, none of their budgets is. */
  readonly partitions: ReadonlySet<string>;
  /** Their budgets, once somebody had to know. */
  keys: ReadonlySet<string> | undefined;
}

/** Those who wait, by what they wait for. */
export const groupsOf = (legs: readonly Group[]): Flight['groups'] =>
  new Map(legs.map((leg) => [leg.asked.signature, leg]));

const none: ReadonlySet<string> = new Set();

const isOfOne = ({ buckets, signature }: Asked): boolean => buckets.length === 1 && buckets[0]?.key === signature;

/** What a call with these asks about. */
export function flightOf(groups: Flight['groups'], legs: readonly Group[]): Flight {
  let ofOne = false;
  let partitions: Set<string> | undefined;
  for (const { asked } of legs) {
    if (isOfOne(asked)) {
      ofOne = true;
      continue;
    }
    partitions ??= new Set();
    let last: string | undefined;
    for (const { partition } of asked.buckets) {
      if (partition !== last) partitions.add(partition);
      last = partition;
    }
  }
  return { groups, ofOne, partitions: partitions ?? none, keys: undefined };
}

/** Whether it asks about one of these budgets. */
export function carries(flight: Flight, buckets: readonly LimitBucket[]): boolean {
  const { groups, ofOne, partitions } = flight;
  if (ofOne) for (const { key } of buckets) if (groups.has(key)) return true;
  if (partitions.size === 0) return false;
  let last: string | undefined;
  for (const { partition } of buckets) {
    if (partition === last) continue;
    last = partition;
    if (!partitions.has(partition)) continue;
    flight.keys ??= keysOf(groups);
    const { keys } = flight;
    return buckets.some(({ key }) => keys.has(key));
  }
  return false;
}

function keysOf(groups: Flight['groups']): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { asked } of groups.values()) for (const { key } of asked.buckets) keys.add(key);
  return keys;
}
