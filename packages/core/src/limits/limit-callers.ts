import type { Exchange, Principal } from '../http/index.ts';
import { type BucketsOf, partitionText } from './limit-keys.ts';
import type { LimitPolicy } from './limit-policy.ts';
import type { LimitBucket } from './limit-store.ts';
import type { Limits, RecurringCharges } from './limits.ts';
import type { Charge } from './taken.ts';

/** A limit, with where its buckets are made on a route. */
export interface PlannedLimit {
  readonly policy: LimitPolicy;
  readonly buckets: BucketsOf;
}

/** What a caller is charged; `undefined`: nothing counts this request. */
export type ChargesOfCaller = (exchange: Exchange) => RecurringCharges | undefined;

/** Routes, or tiers, of one caller of whom nobody knows more than a text: whoever has many addresses fills memory with them. */
const MOST_KEPT = 4;

/**
 * What the callers of these limits are charged, put together once for those who come again. Where all of the limits tell
 * callers by one thing and cost always the same; `undefined`: where not.
 */
export function chargesOfCallers(limits: Limits, planned: readonly PlannedLimit[]): ChargesOfCaller | undefined {
  const costs = planned.flatMap(({ policy: { cost } }) => (typeof cost === 'number' ? [cost] : []));
  const by = planned[0]?.policy.by;
  if (by === undefined || by === 'email' || costs.length < planned.length) return undefined;
  if (planned.some(({ policy }) => policy.by !== by)) return undefined;
  const byPrincipal = new WeakMap<Principal, RecurringCharges>();

  const chargesOf = (bucketOf: (buckets: BucketsOf, cost: number) => LimitBucket): readonly Charge[] =>
    planned.map(({ policy, buckets }, at) => ({ policy, bucket: bucketOf(buckets, costs[at] ?? 1) }));
  function ofPrincipal(principal: Principal): RecurringCharges {
    const known = byPrincipal.get(principal);
    if (known) return known;
    const made = limits.recurring(chargesOf((buckets, cost) => buckets.ofPrincipal(principal, cost)));
    byPrincipal.set(principal, made);
    return made;
  }
  /** A text may name another caller on each route and with each tenant. */
  function ofText(text: string, exchange: Exchange): RecurringCharges {
    const { tenant } = exchange.context;
    const kept = limits.kept.find(text);
    let count = 0;
    for (let one = kept; one; one = one.next) {
      if (one.of === planned && one.tenant === tenant) return one;
      count++;
    }
    const partition = typeof by === 'function' ? partitionText('own', tenant, text) : partitionOf(exchange);
    const made = limits.recurring(
      chargesOf((buckets, cost) => buckets.bucket(partition, cost)),
      { of: planned, tenant, next: count < MOST_KEPT ? kept : undefined },
    );
    limits.kept.keep(text, made);
    return made;
  }
  const partitionOf = (exchange: Exchange): string =>
    limits.partitionOf({ by: by === 'route' ? by : 'ip' }, exchange) ?? '';

  if (typeof by === 'function')
    return (exchange) => {
      const text = by(exchange);
      return text === undefined ? undefined : ofText(text, exchange);
    };
  if (by === 'route') return (exchange) => ofText('', exchange);
  return (exchange) => {
    const principal = by === 'subject' ? exchange.context.principal : undefined;
    return principal ? ofPrincipal(principal) : ofText(exchange.request.ip, exchange);
  };
}
