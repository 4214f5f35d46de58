import type { CompiledPolicy } from '@castellan/core/http';

/** In the registry: two copies of this package know each other's policies. Symbols outlive `{ ...guard(p), … }`. */
export const POLICY: unique symbol = Symbol.for('castellan.policy') as never;
/** Marks routes that the library answers itself. */
export const OWN_ROUTE: unique symbol = Symbol.for('castellan.ownRoute') as never;

/** What `guard(…)` gives a route: `{ config: guard(…) }`. Other entries of `config` stand beside it. */
export interface GuardConfig {
  readonly [POLICY]?: CompiledPolicy;
  readonly [OWN_ROUTE]?: true;
}
