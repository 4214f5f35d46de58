import { StoreUnavailableError } from '@castellan/core/kernel';
import { aroundVerbs, type VerbOf } from './around-verbs.ts';

/** `before`: the call never arrives. `after`: it is carried out, and the answer is lost. */
export type Fault = 'before' | 'after';

/**
 * Which calls fail. A table names the fates of each verb's calls in turn, `null` for one that succeeds; calls beyond
 * the table succeed. A function is asked with the verb and the how-manieth call of it this is, from 1.
 */
export type FaultPlan<S extends object> =
  | { readonly [V in VerbOf<S>]?: readonly (Fault | null)[] }
  | ((verb: VerbOf<S>, nth: number) => Fault | null);

/**
 * The same store, failing by plan: `withFaults(store, { refresh: ['after'] })` carries the first refresh out and loses
 * its answer. A failed call rejects with `StoreUnavailableError`, as a store that is away does.
 */
export function withFaults<S extends object>(store: S, plan: FaultPlan<S>): S {
  const faultOf = typeof plan === 'function' ? plan : (verb: VerbOf<S>, nth: number) => plan[verb]?.[nth - 1] ?? null;
  return aroundVerbs(store, async (verb, nth, carryOut) => {
    const fault = faultOf(verb, nth);
    if (fault === 'before') throw new StoreUnavailableError('faults', `${verb} ${nth} never arrived`);
    const answer = await carryOut();
    if (fault === 'after') throw new StoreUnavailableError('faults', `the answer of ${verb} ${nth} was lost`);
    return answer;
  });
}
