import {
  type BodyGuard,
  type BodyKind,
  bodyGuard,
  type CompiledPolicy,
  checkedGuard,
  type Guard,
  isStandardSchema,
  POLICY_BODIES,
  type StandardSchemaV1,
} from './http/index.ts';
import { type LimitGuards, type LimitInput, type LimitPolicy, readLimitPolicies } from './limits/index.ts';
import { type BodyStep, type HeadStep, requestSteps } from './request-steps.ts';
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
  /**
   * The shape of the body, JSON: a schema of zod 4 or of any library that speaks Standard Schema, asynchronous ones too.
   * A body of another shape is 422 before the handler runs; `bodyOf(req, schema)` gives what the schema made of it.
   */
  readonly body?: StandardSchemaV1;
  /**
   * How often the route may be called, beside the limits of the caller's tier: `'10/1m'`, or several limits; a request
   * that one of them refuses is charged to none. `false`: no limit at all, as a health check needs it.
   */
  readonly limit?: false | LimitInput | readonly LimitInput[];
  /** The app's own guards, in this order, once the caller is known and before the body is read. */
  readonly guards?: readonly Guard[];
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

/** How a route is limited. */
export interface RouteLimits {
  /** False: not by the tier of its caller, either. */
  readonly byTier: boolean;
  readonly own: readonly LimitPolicy[];
  readonly route: string | undefined;
}

/** Makes the guards that a policy can ask for. */
export interface GuardMakers {
  readonly tiers: readonly string[];
  readonly actions: readonly string[];
  audit(action: string): Guard;
  authenticate(demand: Demand): Guard;
  limit(limits: RouteLimits): LimitGuards;
}

/** Where an address of mail may be found. */
const LIMITED_BODIES: readonly BodyKind[] = ['json', 'form'];

const MEMBERS = new Set(['public', 'scope', 'tier', 'revocation', 'audit', 'limit', 'body', 'guards', 'route']);

/**
 * Makes guards of a policy. The user picks steps, never their order: that is `requestSteps`', and docs/lifecycle.md
 * draws it.
 *
 * @throws TypeError naming the member when the policy makes no sense
 */
export function compilePolicy(policy: Policy | undefined = {}, makers: GuardMakers): CompiledPolicy {
  checkPolicy(policy, makers);
  const { audit, scope, tier, revocation, limit, guards = [], body, route } = policy;
  const demand: Demand = { scopes: scopesOf(scope), tier, strict: revocation === 'strict' };
  const own = limit === undefined || limit === false ? [] : readLimitPolicies(limit, 'policy.limit');
  const limits = makers.limit({ byTier: limit !== false, own, route });
  const ofHead: Readonly<Record<HeadStep, readonly Guard[]>> = {
    audit: audit === undefined ? [] : [makers.audit(audit)],
    authenticate: policy.public ? [] : [makers.authenticate(demand)],
    limit: limits.head,
    guards: guards.map(checkedGuard),
  };
  const ofBody: Readonly<Record<BodyStep, readonly BodyGuard[]>> = {
    'limit by body': limits.body,
    validate: body === undefined ? [] : [bodyGuard(body)],
  };
  return {
    head: requestSteps.flatMap((step) => (step.at === 'head' ? ofHead[step.name] : [])),
    body: requestSteps.flatMap((step) => (step.at === 'body' ? ofBody[step.name] : [])),
    reads: body !== undefined ? POLICY_BODIES : limits.body.length > 0 ? LIMITED_BODIES : [],
    route,
  };
}

function checkPolicy(policy: Policy, { tiers, actions }: GuardMakers): void {
  const member = (name: string, problem: string): never => {
    throw new TypeError(`policy.${name} ${problem}`);
  };
  for (const name of Object.keys(policy)) if (!MEMBERS.has(name)) member(name, 'is not known');
  const { audit, tier, scope, revocation, body, guards, route } = policy;
  if (policy.public !== undefined && policy.public !== true) member('public', 'is true or left out');
  if (policy.public && (scope ?? tier ?? revocation) !== undefined)
    throw new TypeError('policy.public: a public route has no principal, so scope, tier and revocation say nothing');
  if (tier !== undefined && !tiers.includes(tier))
    member('tier', `must be one of ${tiers.join(', ')}, not ${JSON.stringify(tier)}`);
  if (revocation !== undefined && revocation !== 'strict') member('revocation', "is 'strict' or left out");
  for (const one of scopesOf(scope))
    if (!isScopeToken(one))
      member('scope', `must hold scope tokens (RFC 6749 section 3.3), not ${JSON.stringify(one)}`);
  if (audit !== undefined && !actions.includes(audit))
    member('audit', `must be one of options.audit.actions, not ${JSON.stringify(audit)}`);
  if (body !== undefined && !isStandardSchema(body))
    member('body', 'must be a schema of a library that speaks Standard Schema version 1, such as zod 4');
  if (guards !== undefined && !(Array.isArray(guards) && guards.every((guard) => typeof guard === 'function')))
    member('guards', 'must be an array of functions');
  if (route !== undefined && !route.startsWith('/')) member('route', "is a template such as '/orders/:id'");
}

function scopesOf(scope: Policy['scope']): readonly string[] {
  if (scope === undefined) return [];
  return typeof scope === 'string' ? [scope] : scope;
}
