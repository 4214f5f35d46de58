import { Problem } from './problem.ts';

/** For a call that exists in the contract and not yet in the app: 501. */
export function notImplemented(detail?: string): Problem {
  return new Problem('not_implemented', detail === undefined ? {} : { detail });
}
