import type { Principal } from '../http/index.ts';
import { toBase64url } from '../kernel/index.ts';
import { boundedCache } from './bounded-cache.ts';
import type { LimitPolicy } from './limit-policy.ts';
import { limitOf } from './limit-rule.ts';
import type { LimitBucket, LimitRule } from './limit-store.ts';

/** HMAC-SHA256 under a key of the application's, which is used for nothing else. */
export type LimitMac = (...parts: readonly Uint8Array[]) => Uint8Array;

/** Buckets of one limit, by the caller. */
export interface BucketsOf {
  /**
   * @param partition who: the parts as one text that no other parts give, see `partitionText`
   * @param cost permits of this request
   */
  bucket(partition: string, cost: number): LimitBucket;
  /** The same of a principal as itself. That of a token seen before is the same object: no text is put together for it. */
  ofPrincipal(principal: Principal, cost: number): LimitBucket;
}

/** Makes keys that show nothing: of callers, addresses and routes only HMACs reach a store. */
export interface LimitKeys {
  /** @param scope what an unnamed limit belongs to, such as a route; `''` for a limit that is shared */
  of(policy: Pick<LimitPolicy, 'name' | 'rule'>, scope: string): BucketsOf;
}

/** 128 bits: nobody finds two of one value. */
const MAC_BYTES = 16;
/** Callers whose keys are kept at hand, of each limit: as many as access tokens are. About 200 bytes each. */
const CACHED = 20_000;
/** Limits whose callers are kept at hand: a scope may hold what callers choose, such as the value of a parameter. */
const LIMITS = 1_000;

/** One text for several, from which they could be told again: no two callers share a bucket by their names. */
export function partitionText(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** A principal as a partition. */
export function principalText({ tenant, subject }: Principal): string {
  return partitionText('subject', tenant, subject);
}

/** A text that was put together from parts is kept as these parts, and compared slowly by each map that it is a key of. */
const flat = (ascii: string): string => Buffer.from(ascii, 'latin1').toString('latin1');

/** Makes them. */
export function createLimitKeys(mac: LimitMac): LimitKeys {
  const macOf = (text: string): string => toBase64url(mac(Buffer.from(text)).subarray(0, MAC_BYTES));
  const partitions = boundedCache<string>(CACHED);
  /** By tag: a limit that many routes share is kept at hand once. */
  const known = boundedCache<BucketsOf>(LIMITS);
  return {
    of({ name, rule }, scope) {
      const pace = rule.kind === 'rate' ? rule.intervalUs : rule.windowUs;
      // a changed limit begins anew: its numbers say something else
      const tag = macOf(partitionText('limit', name, scope, rule.kind, String(limitOf(rule)), String(pace))).slice(
        0,
        11,
      );
      return known.of(tag, () => bucketsOf(tag, rule));
    },
  };

  function bucketsOf(tag: string, rule: LimitRule): BucketsOf {
    const buckets = boundedCache<LimitBucket>(CACHED);
    const make = (text: string): LimitBucket => {
      const partition = partitions.of(text, macOf);
      return { key: flat(tag + partition), partition, rule, cost: 1 };
    };
    const byPrincipal = new WeakMap<Principal, LimitBucket>();
    const at = (bucket: LimitBucket, cost: number): LimitBucket => (cost === 1 ? bucket : { ...bucket, cost });
    return {
      bucket: (text, cost) => at(buckets.of(text, make), cost),
      ofPrincipal(principal, cost) {
        const known = byPrincipal.get(principal);
        if (known !== undefined) return at(known, cost);
        const made = buckets.of(principalText(principal), make);
        byPrincipal.set(principal, made);
        return at(made, cost);
      },
    };
  }
}
