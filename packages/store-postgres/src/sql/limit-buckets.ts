import { hash } from 'node:crypto';
import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import type { BindValue } from '../driver/driver.ts';

/** Buckets of several checks, as a statement is given them. */
export interface LimitCall {
  readonly buckets: readonly LimitBucket[];
  readonly times: number;
  /** Of what is given back: when it was granted, µs. */
  readonly at?: number;
}

/**
 * The first CTEs of every statement: `p` has a row for each bucket. The lists pass through a row of their own: planned as
 * parameters they would look cheaper the better their length is known, and every call would be planned anew. What always
 * holds at its end makes the planner expect few rows, and so go by the key also while the table is small.
 */
export const limitBuckets = `calls as materialized (
  select $1::bytea[] as key, $2::int[] as chk, $3::bigint[] as kind, $4::bigint[] as cost, $5::bigint[] as lim, $6::bigint[] as span, $7::bigint[] as times
), p as materialized (
  select p.* from calls c, unnest(c.key, c.chk, c.kind, c.cost, c.lim, c.span, c.times) with ordinality
    as p(key, chk, kind, cost, lim, span, times, ord)
  where p.ord > 0 and p.times >= 0 and p.span > 0
)`;

/** Unix µs, a whole number; `fixed` in its place. */
export function limitNow(fixed: string, clock = 'clock_timestamp()'): string {
  return `coalesce(${fixed}::bigint, (extract(epoch from ${clock}) * 1000000)::bigint)`;
}

/** The seven lists. `times` carries the time of what is given back. */
export function limitBucketValues(calls: readonly LimitCall[]): readonly BindValue[] {
  const rows = calls.flatMap((call, chk) => call.buckets.map((bucket) => ({ bucket, call, chk })));
  const numbers = rows.map(({ bucket }) => limitNumbers(bucket.rule));
  return [
    rows.map(({ bucket }) => limitKey(bucket.key)),
    rows.map(({ chk }) => chk),
    numbers.map(({ kind }) => kind),
    rows.map(({ bucket }) => bucket.cost),
    numbers.map(({ limit }) => limit),
    numbers.map(({ span }) => span),
    rows.map(({ call }) => call.times),
  ];
}

/** Bytes of a key that are stored as they are. */
const LONGEST_KEY = 64;
/** No UTF-8 begins with it. */
const HASHED = Buffer.from([0xff]);

/** Keys are short HMACs; others are hashed, so that a row is small whatever its key was. */
export function limitKey(key: string): Uint8Array {
  const bytes = Buffer.from(key);
  return bytes.length <= LONGEST_KEY ? bytes : Buffer.concat([HASHED, hash('sha256', bytes, 'buffer')]);
}

/** Kind, limit and span (window: a 16th of it; rate: the interval; quota: the window) as the statements know them. */
export function limitNumbers(rule: LimitRule): {
  readonly kind: 0 | 1 | 2;
  readonly limit: number;
  readonly span: number;
} {
  switch (rule.kind) {
    case 'window':
      return { kind: 0, limit: rule.limit, span: Math.ceil(rule.windowUs / 16) };
    case 'rate':
      return { kind: 1, limit: rule.burst, span: rule.intervalUs };
    case 'quota':
      return { kind: 2, limit: rule.limit, span: rule.windowUs };
  }
}
