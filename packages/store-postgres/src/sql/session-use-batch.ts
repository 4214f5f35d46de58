import type { UseCall, UseOutcome } from '@castellan/core/sessions';
import { readInt, readMs } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { clock } from './fragments.ts';

/**
 * The use verb's *accept* for many tokens. A leaf that is confirmed already, and a parent, need no write and so no
 * lock; the rest is locked, skipping what others hold. What does not come back is asked alone. One call per session.
 *
 * `is not distinct from` is no equality to the planner: with one it would begin at the subjects, and read all of them.
 * The lists pass through a row of their own: see the batch of refresh.
 */
export function useBatchStatement(s: string): Statement {
  const asked = `select p.ord, s.id, s.gen, s.confirmed_at, p.g, u.claims_epoch
  from p
  join ${s}.session s on s.id = p.sid
  join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  where (s.tenant, s.subject) is not distinct from (p.tenant, p.subject) and s.revoked_at is null
    and p.ue = u.auth_epoch and s.user_epoch = u.auth_epoch`;
  const isLeaf = 's.gen = p.g and substring(s.leaf_hash from 1 for 8) = p.lf';
  return statement(`with calls as materialized (
  select $1::uuid[] as sid, $2::text[] as tenant, $3::text[] as subject, $4::int[] as g, $5::bytea[] as lf, $6::int[] as ue
), p as materialized (
  select p.ord, p.sid, p.tenant, p.subject, p.g, p.lf, p.ue
  from calls c, unnest(c.sid, c.tenant, c.subject, c.g, c.lf, c.ue) with ordinality as p(sid, tenant, subject, g, lf, ue, ord)
), r as materialized (
  ${asked}
    and (${isLeaf} and s.confirmed_at is not null or s.gen - 1 = p.g and substring(s.parent_hash from 1 for 8) = p.lf)
), l as materialized (
  ${asked}
    and ${isLeaf} and s.confirmed_at is null
  order by s.id
  for no key update of s skip locked
), t as materialized (
  select ${clock('$7::timestamptz')} as now, (select count(*) from l) as locked
), upd as (
  update ${s}.session s set confirmed_at = t.now from l, t where s.id = l.id
)
select a.ord, a.claims_epoch, t.now from (select ord, claims_epoch from r union all select ord, claims_epoch from l) a, t`);
}

/** A row of {@link useBatchStatement}. */
export interface UseBatchRow {
  /** The call's place, from 1. */
  readonly ord: unknown;
  readonly claims_epoch: unknown;
  readonly now: unknown;
}

/** @param calls of the same fixed time, each of another session */
export function useBatchValues(calls: readonly [UseCall, ...UseCall[]]): readonly BindValue[] {
  return [
    calls.map((call) => boundId(call.sessionId)),
    calls.map((call) => call.tenant),
    calls.map((call) => call.subject),
    calls.map((call) => call.generation),
    calls.map((call) => call.leafPrefix),
    calls.map((call) => call.userEpoch),
    boundNow(calls[0].now),
  ];
}

/** The outcome of a call that came back. */
export function readUseBatch(row: UseBatchRow): UseOutcome {
  return { outcome: 'accept', claimsEpoch: readInt(row.claims_epoch), now: readMs(row.now) };
}
