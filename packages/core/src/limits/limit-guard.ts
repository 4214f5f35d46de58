import type { BodyGuard, Context, Exchange, Guard } from '../http/index.ts';
import { type ChargesOfCaller, chargesOfCallers, type PlannedLimit } from './limit-callers.ts';
import { besides, type PutLimitFields } from './limit-fields.ts';
import type { LimitPolicy } from './limit-policy.ts';
import type { Limits, RecurringCharges } from './limits.ts';
import type { Charge, Taken } from './taken.ts';

/** What a route limits. */
export interface LimitDemand {
  /** The limits of a caller's tier; without a principal those of everybody else. */
  readonly ofTier: (tier: string | undefined) => readonly LimitPolicy[];
  /** The route's own. */
  readonly own: readonly LimitPolicy[];
  /** The route's template, where the policy tells it. */
  readonly route?: string | undefined;
}

/** The guards of a limited route. */
export interface LimitGuards {
  readonly head: readonly Guard[];
  /** Of limits by something in the body. */
  readonly body: readonly BodyGuard[];
}

/** The limits that one request meets, and how their headers are written. */
interface Plan {
  readonly limits: readonly PlannedLimit[];
  readonly put: PutLimitFields;
  /** For some of them. */
  readonly fieldsOf: Limits['fieldsOf'];
  readonly ofCaller: ChargesOfCaller | undefined;
  /** The tier whose limits are among them. */
  readonly tier: string | undefined;
}

/** A plan and the requests that it is for. */
interface LatestPlan {
  readonly method: string;
  readonly at: string | undefined;
  readonly tier: string | undefined;
  readonly plan: Plan;
}

/**
 * Makes the guards of a route: all of its limits that need no body are one question to the store, behind authentication,
 * so that a principal is counted as itself. What a limit by the body refuses is charged to none of them either.
 */
export function limitGuards(limits: Limits, { ofTier, own, route }: LimitDemand): LimitGuards {
  const ofBody = own.filter(({ by }) => by === 'email');
  const ofHead = own.filter(({ by }) => by !== 'email');
  const byPlace = own.some(({ shared }) => !shared);
  /** Routes of an app and its tiers: few, and none named by a caller. */
  const plans = { head: new Map<string, Plan>(), again: new Map<string, Plan>(), body: new Map<string, Plan>() };
  let latest: LatestPlan | undefined;
  const atHead = new WeakMap<Context, Taken>();

  /** That of the head of the request before: mostly it is the same, and nothing has to be put together to find it. */
  function planOfHead(exchange: Exchange): Plan {
    const { principal } = exchange.context;
    const { request } = exchange;
    const tier = principal ? principal.tier : '';
    // an earlier door has charged the tier's limits: one request spends one permit of them
    if (exchange.context.countedTier === tier) return planOf(exchange, 'again');
    const at = route ?? request.route;
    if (latest && latest.tier === tier && latest.method === request.method && latest.at === at) return latest.plan;
    latest = { method: request.method, at, tier, plan: planOf(exchange, 'head') };
    return latest.plan;
  }
  function planOf(exchange: Exchange, from: 'head' | 'again' | 'body'): Plan {
    const { principal } = exchange.context;
    const { request } = exchange;
    const tier = principal ? principal.tier : '';
    // HEAD is answered by what answers GET: a budget of its own would double the route's
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const place = byPlace ? `${method} ${route ?? request.route ?? ''}` : '';
    const name = byPlace ? `${place} ${tier}` : tier;
    const known = plans[from].get(name);
    if (known) return known;
    const tierOwn = from === 'head' ? ofTier(principal?.tier) : [];
    const policies = from === 'body' ? ofBody : [...tierOwn, ...ofHead];
    const planned = policies.map((policy) => ({ policy, buckets: limits.bucketsOf(policy, place) }));
    const fieldsOf: Limits['fieldsOf'] =
      from === 'again' ? (charges) => besides(limits.fieldsOf(charges)) : limits.fieldsOf;
    const plan: Plan = {
      limits: planned,
      put: fieldsOf(planned),
      fieldsOf,
      ofCaller: chargesOfCallers(limits, planned),
      tier: tierOwn.length > 0 ? tier : undefined,
    };
    if (plans[from].size < 1000) plans[from].set(name, plan);
    return plan;
  }
  function chargesOf(plan: Plan, exchange: Exchange, body?: unknown): readonly Charge[] {
    const charges: Charge[] = [];
    const { principal } = exchange.context;
    for (const { policy, buckets } of plan.limits) {
      if (principal && policy.by === 'subject') {
        charges.push({ policy, bucket: buckets.ofPrincipal(principal, limits.costOf(policy, exchange)) });
        continue;
      }
      const partition = limits.partitionOf(policy, exchange, body);
      if (partition === undefined) continue;
      charges.push({ policy, bucket: buckets.bucket(partition, limits.costOf(policy, exchange)) });
    }
    return charges;
  }

  /** Told only where something may be given back. */
  const clock = ofBody.length > 0 ? limits.clock : () => 0;
  function settle(exchange: Exchange, taken: Taken, put: PutLimitFields | undefined): void {
    limits.settle(exchange, taken, put);
    if (ofBody.length > 0) atHead.set(exchange.context, taken);
  }
  function ask({ put }: Plan, caller: RecurringCharges | undefined, exchange: Exchange): void | Promise<void> {
    if (caller === undefined) return;
    const { charges } = caller;
    const askedAt = clock();
    const answer = limits.askAgain(caller);
    if (answer instanceof Promise)
      return answer.then((late) => settle(exchange, { charges, answer: late, askedAt }, put));
    settle(exchange, { charges, answer, askedAt }, put);
  }

  const head: Guard = (exchange) => {
    const plan = planOfHead(exchange);
    if (plan.limits.length === 0) return;
    if (plan.tier !== undefined) exchange.context.countedTier = plan.tier;
    if (plan.ofCaller) return ask(plan, plan.ofCaller(exchange), exchange);
    const charges = chargesOf(plan, exchange);
    if (charges.length === 0) return;
    const put = charges.length === plan.limits.length ? plan.put : plan.fieldsOf(charges);
    const askedAt = clock();
    return limits.askThen(charges, (answer) => settle(exchange, { charges, answer, askedAt }, put));
  };

  const body: BodyGuard = (exchange) => {
    const before = atHead.get(exchange.context);
    /** What the head was charged is given back before its caller hears of it. */
    const withdraw = (tell: () => void): void | Promise<void> => {
      const back = before && limits.giveBack(before);
      return back instanceof Promise ? back.then(tell, tell) : tell();
    };
    let charges: readonly Charge[];
    try {
      charges = chargesOf(planOf(exchange, 'body'), exchange, exchange.body.value);
    } catch (error) {
      return withdraw(() => {
        throw error;
      });
    }
    if (charges.length === 0) return;
    return limits.askThen(charges, (answer): void | Promise<void> => {
      const tell = (): void =>
        limits.settle(exchange, {
          charges: [...(before?.charges ?? []), ...charges],
          answer: { ...answer, buckets: [...(before?.answer.buckets ?? []), ...answer.buckets] },
        });
      return answer.granted === 0 ? withdraw(tell) : tell();
    });
  };

  return { head: [head], body: ofBody.length > 0 ? [body] : [] };
}
