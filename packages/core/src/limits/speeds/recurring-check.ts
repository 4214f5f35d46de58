import type { LimitAnswer, LimitBucket, LimitCheck, LimitStore } from '../limit-store.ts';
import type { LinePlace } from './leases.ts';
import { signatureOf } from './signature.ts';

/** A check of a caller who comes again and again. What is found out about it stays with it. */
export interface RecurringCheck extends LimitCheck, LinePlace {}

/** A store that remembers with a check what it knows of it. */
export interface RecurringStore extends LimitStore {
  /** As `consume` of this one check. */
  decide(check: RecurringCheck): LimitAnswer | Promise<LimitAnswer>;
}

/** Makes one. */
export function recurringCheck(buckets: readonly LimitBucket[], times: number): RecurringCheck {
  return { buckets, times, signature: signatureOf(buckets), number: 0, line: undefined };
}
