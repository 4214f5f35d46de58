import type { RefreshCall } from '@castellan/core/sessions';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { ownAudit, recallValues } from './recall.ts';

/**
 * What the same refresh has answered before, in the columns of the state table. A refusal stands in the audit row. For
 * tokens the row must show the leaf that was answered with: else somebody has gone on with it, and the state table
 * decides. Rotations and keeps that write no audit row are found by it, too (*again*, *keep*).
 */
export function refreshRecallStatement(s: string): Statement {
  return statement(`with a as materialized (
  select a.meta ->> 'result' as outcome, (a.meta ->> 'generation')::int as gen, a.at as now
  from ${ownAudit(s, '$1::uuid', '$2::timestamptz')}
)
select a.outcome, s.id::text as id, s.tenant, s.subject, s.user_epoch, u.claims_epoch, u.tier, s.aal, a.now, s.expires_at,
  s.gen, s.sharing, s.leaf_kid, s.leaf_nonce, s.leaf_hash
from a
join ${s}.session s on s.id = $3::uuid
join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
where case
  when a.outcome in ('rotate', 'reissue', 'again') then s.leaf_hash = $4::bytea
  when a.outcome in ('keep', 'replay') then s.gen = a.gen
  else true end`);
}

export function refreshRecallValues(call: RefreshCall): readonly BindValue[] {
  return [...recallValues(call), boundId(call.sessionId), call.successor.hash];
}

/** What the rotations of a flight have answered before, in the columns of the batch; the others are asked alone. */
export function refreshBatchRecallStatement(s: string): Statement {
  return statement(`with p as materialized (
  select p.ord, p.audit_id, p.sid, p.new_hash
  from unnest($1::uuid[], $2::uuid[], $3::bytea[]) with ordinality as p(audit_id, sid, new_hash, ord)
)
select p.ord, s.subject, s.user_epoch, u.claims_epoch, u.tier, s.aal, a.at as now, s.sharing, s.expires_at
from p
join ${s}.audit_event a on a.id = p.audit_id and a.at > coalesce($4::timestamptz, now()) - interval '1 minute'
join ${s}.session s on s.id = p.sid and s.leaf_hash = p.new_hash
join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject`);
}

/** @param calls of the same fixed time */
export function refreshBatchRecallValues(calls: readonly [RefreshCall, ...RefreshCall[]]): readonly BindValue[] {
  return [
    calls.map((call) => call.audit.id),
    calls.map((call) => boundId(call.sessionId)),
    calls.map((call) => call.successor.hash),
    boundNow(calls[0].now),
  ];
}
