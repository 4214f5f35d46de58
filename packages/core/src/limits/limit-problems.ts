import { Problem, type ProblemTable } from '../http/index.ts';
import { retryAfterSeconds } from './limit-fields.ts';
import type { BucketState } from './limit-store.ts';

/** Problems of limits. */
export const limitProblems: ProblemTable = {
  rate_limited: { status: 429, title: 'Too many requests' },
  cost_not_chargeable: { status: 422, title: 'The cost of the request can never be granted' },
};

/**
 * Refused for now.
 * @param names the limits that refused
 * @param states theirs
 */
export function rateLimited(names: readonly string[], states: readonly BucketState[]): Problem {
  return new Problem('rate_limited', {
    headers: { 'retry-after': String(retryAfterSeconds(states)) },
    members: { violated_policies: names },
  });
}

/** Refused for ever: waiting would not help, so there is no `Retry-After`. */
export function costNotChargeable(detail: string): Problem {
  return new Problem('cost_not_chargeable', { detail });
}
