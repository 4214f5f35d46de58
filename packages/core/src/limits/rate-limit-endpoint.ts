import { type Endpoint, type EndpointCall, jsonResponse } from '../http/index.ts';
import type { Clock } from '../kernel/index.ts';
import type { LimitPolicy } from './limit-policy.ts';
import { limitOf, spanUsOf } from './limit-rule.ts';
import type { Limits } from './limits.ts';

/** What {@link rateLimitEndpoint} is made of. */
export interface RateLimitParts {
  readonly limits: Limits;
  /** The limits of a tier. */
  readonly ofTier: (tier: string | undefined) => readonly LimitPolicy[];
  readonly clock: Clock;
}

/** `GET /rate-limit`: the budgets of the caller's tier, without spending of them. */
export function rateLimitEndpoint({ limits, ofTier, clock }: RateLimitParts): Endpoint {
  const look = (call: EndpointCall) =>
    ofTier(call.context.principal?.tier).flatMap((policy) => {
      const partition = limits.partitionOf(policy, call);
      return partition === undefined ? [] : [{ policy, bucket: limits.bucketsOf(policy, '').bucket(partition, 0) }];
    });
  return {
    method: 'GET',
    path: '/rate-limit',
    public: false,
    async handle(call) {
      const { tier } = call.context.principal ?? {};
      const charges = look(call);
      if (charges.length === 0) return jsonResponse(200, { tier, limits: [] });
      const answer = await limits.ask(charges);
      limits.settle(call, { charges, answer });
      const now = clock();
      const budgets = charges.map(({ policy: { name, rule } }, at) => ({
        name,
        limit: limitOf(rule),
        window_seconds: spanUsOf(rule) / 1_000_000,
        remaining: answer.buckets[at]?.remaining ?? 0,
        full_at: new Date(now + (answer.buckets[at]?.resetMs ?? 0)).toISOString(),
      }));
      return jsonResponse(200, { tier, limits: budgets });
    },
  };
}
