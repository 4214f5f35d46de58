import type { LimitAnswer, LimitBucket, LimitCheck, LimitStore } from '../limit-store.ts';
import type { LinePlace } from './leases.ts';
import { signatureOf } from './signature.ts';

/** A check of a caller who comes again and again. What is found out about it stays with it: keep it, and read nothing of it. */
export interface RecurringCheck extends LimitCheck, LinePlace {}

/** A store that remembers with a check what it knows of it. */
export interface RecurringStore extends LimitStore {
  /** As `consume` of this one check, which need not be looked up by its keys again. */
  decide(check: RecurringCheck): LimitAnswer | Promise<LimitAnswer>;
}

/**
 * Makes one, to be kept for as long as its caller comes.
 *
 * @param times how many requests it is for: as many of them pass as fit
 */
export function recurringCheck(buckets: readonly LimitBucket[], times: number): RecurringCheck {
  return { buckets, times, signature: signatureOf(buckets), number: 0, line: undefined };
}
