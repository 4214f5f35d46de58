import { aroundVerbs, type VerbOf } from './around-verbs.ts';

/** A store that is counted. */
export interface CountingStore<S extends object> {
  /** The same store. */
  readonly store: S;
  /** How often a verb was called; without a verb, how often any was. */
  calls(verb?: VerbOf<S>): number;
}

/** Counts the calls of a store: for rules such as "a replayed request asks the store once". */
export function countingStore<S extends object>(store: S): CountingStore<S> {
  const counts = new Map<VerbOf<S>, number>();
  const counted = aroundVerbs(store, (verb, nth, carryOut) => {
    counts.set(verb, nth);
    return carryOut();
  });
  return {
    store: counted,
    calls: (verb) => (verb ? (counts.get(verb) ?? 0) : [...counts.values()].reduce((sum, count) => sum + count, 0)),
  };
}
