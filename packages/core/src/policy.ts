import type { CompiledPolicy, Guard } from './http/index.ts';
import { isScopeToken } from './tokens/index.ts';

/** Names that one app has given: its tiers, its audit actions, its transaction. Bound once, at composition. */
export interface Shape {
  readonly tier: string;
  readonly action: string;
  readonly tx: unknown;
}

interface CommonPolicy<S extends Shape> {
  /** Writes one audit row per request, refusals too, under this action. */
  readonly audit?: S['action'];
  /** The route's template, where the framework can't tell it: `/orders/:id`. */
  readonly route?: string;
}

/** A route that demands an access token: the default. */
export interface PrivatePolicy<S extends Shape = Shape> extends CommonPolicy<S> {
  readonly public?: never;
  /** Scopes that the token must have, all of them (RFC 6749 section 3.3). */
  readonly scope?: string | readonly string[];
  /** The lowest tier that may pass. */
  readonly tier?: S['tier'];
  /** Asks the store at each request: a revocation counts at once, not within `maxStaleness`. */
  readonly revocation?: 'strict';
}

/** A route that anybody may call. */
export interface PublicPolicy<S extends Shape = Shape> extends CommonPolicy<S> {
  readonly public: true;
  readonly scope?: never;
  readonly tier?: never;
  readonly revocation?: never;
}

/** What `guard(…)` takes. */
export type Policy<S extends Shape = Shape> = PrivatePolicy<S> | PublicPolicy<S>;

/** What a private route asks of its caller. */
export interface Demand {
  readonly scopes: readonly string[];
  readonly tier: string | undefined;
  readonly strict: boolean;
}

/** Makes the guards that a policy can ask for. */
export interface GuardMakers {
  readonly tiers: readonly string[];
  readonly actions: readonly string[];
  audit(action: string): Guard;
  authenticate(demand: Demand): Guard;
}

const MEMBERS = new Set(['public', 'scope', 'tier', 'revocation', 'audit', 'route']);

/**
 * Makes guards of a policy. The user picks steps, never their order; the order is this function's, and
 * docs/lifecycle.md draws it: request id (`Entry.exchange`) → audit → problems (`Passage`) → authenticate → body is
 * read → handler.
 *
 * @throws TypeError naming the member when the policy makes no sense
 */
export function compilePolicy(policy: Policy | undefined = {}, makers: GuardMakers): CompiledPolicy {
  const member = (name: string, problem: string): never => {
    throw new TypeError(`policy.${name} ${problem}`);
  };
  for (const name of Object.keys(policy)) if (!MEMBERS.has(name)) member(name, 'is not known');
  const { audit, tier, scope, revocation, route } = policy;
  if (policy.public !== undefined && policy.public !== true) member('public', 'is true or left out');
  if (policy.public && (scope ?? tier ?? revocation) !== undefined)
    throw new TypeError('policy.public: a public route has no principal, so scope, tier and revocation say nothing');
  if (tier !== undefined && !makers.tiers.includes(tier))
    member('tier', `must be one of ${makers.tiers.join(', ')}, not ${JSON.stringify(tier)}`);
  if (revocation !== undefined && revocation !== 'strict') member('revocation', "is 'strict' or left out");
  const scopes = scope === undefined ? [] : typeof scope === 'string' ? [scope] : scope;
  for (const one of scopes)
    if (!isScopeToken(one))
      member('scope', `must hold scope tokens (RFC 6749 section 3.3), not ${JSON.stringify(one)}`);
  if (audit !== undefined && !makers.actions.includes(audit))
    member('audit', `must be one of options.audit.actions, not ${JSON.stringify(audit)}`);
  if (route !== undefined && !route.startsWith('/')) member('route', "is a template such as '/orders/:id'");

  const head: Guard[] = [];
  if (audit !== undefined) head.push(makers.audit(audit)); // first: its `after` must see refusals too
  if (!policy.public) head.push(makers.authenticate({ scopes, tier, strict: revocation === 'strict' }));
  return { head, body: [], route };
}
