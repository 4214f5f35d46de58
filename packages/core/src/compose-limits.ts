import { parseEmail } from './accounts/index.ts';
import {
  type AuthLimitOptions,
  type RefreshCharge,
  readAuthLimits,
  refreshCharges,
  refreshGuard,
  refusingGuard,
  registerGuard,
} from './auth-limits.ts';
import type { CookieMode } from './browser/index.ts';
import type { CompiledPolicy, Endpoint, Guard } from './http/index.ts';
import { type Clock, type Duration, type RandomBytes, systemClock, turnClock } from './kernel/index.ts';
import { createLimitNames } from './limit-names.ts';
import {
  createLimits,
  distributedLimits,
  type LimitGuards,
  type LimitHeaderOptions,
  type LimitInput,
  type LimitStore,
  type LimitsParts,
  limitGuards,
  memoryLimitStore,
  rateLimitEndpoint,
  type TellLimit,
} from './limits/index.ts';
import { createLoginDevices } from './login-device.ts';
import { loginGuard, registeredGuard } from './login-limits.ts';
import type { Policy, RouteLimits } from './policy.ts';
import { namedSession, type Peppers } from './sessions/index.ts';
import { createSignInMemory } from './sign-in-memory.ts';
import type { Tiers } from './tiers.ts';

/** What may be set about limits. */
export interface LimitsOptions extends AuthLimitOptions {
  /**
   * Of callers whose tier has none and of those whom nobody knows, who are counted by address. `false`: they have none.
   * Default `60/1m` as soon as a tier has a limit.
   */
  readonly default?: false | LimitInput;
  /** Bits of an IPv6 address that make a caller: a customer is given a whole network. Default 56. */
  readonly ipv6Prefix?: number;
  readonly headers?: LimitHeaderOptions;
  /** How long a request waits for a store that processes share. Default 25 ms. */
  readonly deadline?: Duration;
  /** While that store is away or slow, for limits that don't say it themselves. Default `local`. */
  readonly onStoreFailure?: 'local' | 'allow' | 'deny';
  /** Processes that share the store: while it is away, each counts with its share of a limit. Default 1. */
  readonly expectedInstances?: number;
  /** By how much of a limit permits taken ahead may exceed it, at most 0.05. Default 0.01. 0: each request asks. */
  readonly maxError?: number;
  /**
   * A cookie by which a device that has signed in is known again. `true`: at every sign-in; `false`: never. Default: at
   * sign-ins that leave cookies anyway.
   */
  readonly deviceCookie?: boolean;
}

/** What {@link composeLimits} is made of. */
export interface ComposeLimitsParts {
  readonly options: false | LimitsOptions | undefined;
  /** Default: counted in this process. */
  readonly store: LimitStore | undefined;
  readonly tiers: Tiers;
  readonly peppers: Peppers;
  readonly cookies: CookieMode | undefined;
  /** Cookies over plain http. */
  readonly insecure: boolean;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly tell: TellLimit;
}

/** The limits' side of the library. */
export interface ComposedLimits {
  readonly endpoints: readonly Endpoint[];
  /** For the start. */
  readonly warnings: readonly string[];
  guards(limits: RouteLimits): LimitGuards;
  /** Charges malformed and forged tokens to their sender. */
  authenticate(guard: Guard): Guard;
  /** Charges a refresh that a page request brings about. */
  readonly chargePageRefresh: RefreshCharge;
  /** Makes the policies of the library's own endpoints: those without an access token have limits of their own or none. */
  endpointPolicies(compile: (policy: Policy) => CompiledPolicy): (endpoint: Endpoint) => CompiledPolicy;
}

const NOTHING: ComposedLimits = {
  endpoints: [],
  warnings: [],
  guards: () => ({ head: [], body: [] }),
  authenticate: (guard) => guard,
  chargePageRefresh: async () => undefined,
  endpointPolicies: (compile) => endpointPolicies(compile, {}),
};

/** @throws TypeError naming the option that makes no sense */
export function composeLimits(parts: ComposeLimitsParts): ComposedLimits {
  const { options = {}, tiers, peppers, cookies, insecure, clock, random, tell } = parts;
  if (options === false) return NOTHING;
  const { ipv6Prefix = 56, headers = {}, deviceCookie } = options;
  if (!(Number.isInteger(ipv6Prefix) && ipv6Prefix >= 1 && ipv6Prefix <= 128))
    throw new TypeError(`limits.ipv6Prefix must be a whole number from 1 to 128, not ${ipv6Prefix}`);
  if (headers.draft !== undefined && headers.draft !== 11 && headers.draft !== false)
    throw new TypeError('limits.headers.draft must be 11 or false');
  const presets = readAuthLimits(options);
  const mac = peppers.active.limits;
  const limits = createLimits({
    store: storeOf(parts, options),
    mac,
    // headers tell whole seconds
    clock: clock === systemClock ? turnClock(systemClock) : clock,
    headers,
    ipv6PrefixBits: ipv6Prefix,
    normaliseEmail: (typed) => parseEmail(typed)?.key,
    tell,
    onStoreFailure: options.onStoreFailure,
  });

  const devices = deviceCookie === false ? undefined : createLoginDevices({ mac, random, insecure });
  const signIns = {
    limits,
    policies: { login: presets.login, address: presets.loginAddress, soft: presets.loginSoft },
    memory: createSignInMemory({ limits, devices, rememberAll: deviceCookie === true }),
  };
  const refreshes = refreshCharges({ limits, policies: presets, sessionOf: namedSession(peppers) });
  const { register } = presets;
  const ofEndpoints: Readonly<Record<string, Partial<LimitGuards>>> = {
    'POST /login': { body: [loginGuard(signIns)] },
    'POST /register': {
      head: register ? [registerGuard(limits, register)] : [],
      body: [registeredGuard(signIns)],
    },
    'POST /refresh': { body: [refreshGuard(refreshes.atEndpoint, cookies)] },
  };

  const { refused } = presets;
  const ofTiers = [...Object.keys(tiers.tiers), undefined].flatMap(tiers.limitsOf);
  const names = createLimitNames(
    ofTiers,
    Object.values(presets).filter((preset) => preset !== undefined),
  );
  return {
    endpoints: [rateLimitEndpoint({ limits, ofTier: tiers.limitsOf, clock })],
    warnings:
      parts.store === undefined && process.env['NODE_ENV'] === 'production'
        ? [
            'limits: stores has none, so each process counts for itself; redisStores brings one, postgresLimitStore is one',
          ]
        : [],
    guards({ byTier, own, route }) {
      const open = own.find(({ by, manner }) => by === 'email' && manner.onStoreFailure === undefined);
      if (open && options.onStoreFailure === 'allow')
        throw new TypeError(
          `policy.limit (${open.name}): limits.onStoreFailure is 'allow', and what guards sign-ins can't be, or an outage opens it: it needs an onStoreFailure: 'local' or 'deny' of its own`,
        );
      names.enter(own, byTier ? ofTiers : []);
      const ofTier: Tiers['limitsOf'] = byTier ? tiers.limitsOf : () => [];
      const isLimited = own.length > 0 || (byTier && tiers.haveLimits);
      return isLimited ? limitGuards(limits, { ofTier, own, route }) : { head: [], body: [] };
    },
    authenticate: (guard) => (refused ? refusingGuard(limits, refused, guard) : guard),
    chargePageRefresh: refreshes.ofPage,
    endpointPolicies: (compile) => endpointPolicies(compile, ofEndpoints),
  };
}

/** A store that is reached through the network is asked rarely, and never waited for long. */
function storeOf({ store, clock, tell }: ComposeLimitsParts, options: LimitsOptions): LimitsParts['store'] {
  const { deadline, onStoreFailure, expectedInstances, maxError } = options;
  const now = (): number => Math.floor(clock() * 1000);
  try {
    const distributed = distributedLimits(store ?? memoryLimitStore({ now }), {
      ...(deadline !== undefined && { deadline }),
      ...(onStoreFailure !== undefined && { onStoreFailure }),
      ...(expectedInstances !== undefined && { expectedInstances }),
      ...(maxError !== undefined && { maxError }),
      now,
      onUnavailable: (error) => tell('limit.store_unavailable', { error }),
      onRecovered: (awayMs) => tell('limit.store_recovered', { awayMs }),
    });
    if (store && !('local' in store)) return distributed;
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`limits.${error.message}`, { cause: error }) : error;
  }
  return store ?? memoryLimitStore({ now });
}

/** Compiled once each: the guards of a call are looked up. */
function endpointPolicies(
  compile: (policy: Policy) => CompiledPolicy,
  guards: Readonly<Record<string, Partial<LimitGuards>>>,
): (endpoint: Endpoint) => CompiledPolicy {
  const open = compile({ public: true, limit: false });
  const closed = compile({});
  const unlimited = compile({ limit: false });
  const limited = new Map(
    Object.entries(guards).map(([name, { head = [], body = [] }]) => [name, { ...open, head, body }]),
  );
  return (endpoint) => {
    if (!endpoint.public) return endpoint.path === '/rate-limit' ? unlimited : closed;
    return limited.get(`${endpoint.method} ${endpoint.path}`) ?? open;
  };
}
