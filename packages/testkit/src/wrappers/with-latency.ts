import { setTimeout as sleep } from 'node:timers/promises';
import { aroundVerbs, type VerbOf } from './around-verbs.ts';

/**
 * The same store, each call of which arrives later.
 *
 * @param ms milliseconds, or a function of the verb and the how-manieth call of it this is, from 1
 */
export function withLatency<S extends object>(store: S, ms: number | ((verb: VerbOf<S>, nth: number) => number)): S {
  const latencyOf = typeof ms === 'number' ? () => ms : ms;
  return aroundVerbs(store, async (verb, nth, carryOut) => {
    await sleep(latencyOf(verb, nth));
    return carryOut();
  });
}
