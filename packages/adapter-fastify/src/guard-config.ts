import type { CompiledPolicy } from '@castellan/core/http';

/** In the registry: two copies of this package know each other's policies. Symbols outlive `{ ...guard(p), … }`. */
const POLICY: unique symbol = Symbol.for('castellan.policy') as never;
/** Marks routes that the library answers itself. */
export const OWN_ROUTE: unique symbol = Symbol.for('castellan.ownRoute') as never;

/** What `guard(…)` gives a route: `{ config: guard(…) }`. Other entries of `config` stand beside it. */
export interface GuardConfig {
  readonly [POLICY]?: CompiledPolicy;
}

/** Puts a policy into a route's `config`. */
export function withPolicy(policy: CompiledPolicy): GuardConfig {
  return { [POLICY]: policy };
}

/** The policy in a route's `config`. */
export function policyIn(config: object | undefined): CompiledPolicy | undefined {
  return (config as GuardConfig | undefined)?.[POLICY];
}

/** Whether the library answers a route itself. */
export function isOwnRoute(config: object | undefined): boolean {
  return config !== undefined && OWN_ROUTE in config;
}
