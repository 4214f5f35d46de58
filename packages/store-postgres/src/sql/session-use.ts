import type { UseCall, UseOutcome } from '@castellan/core/sessions';
import { readInt, readMs } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { revocationCode, revokeReason } from './codes.ts';
import { clock, insertAudit, insertRevocation } from './fragments.ts';
import { originValues } from './origin-values.ts';
import { ownAudit } from './recall.ts';

/** First use of an access token (docs/sessions.md), first match wins, under the session's lock. */
export function useStatement(s: string): Statement {
  return statement(`with p as (
  select $1::uuid as sid, $2::text as tenant, $3::text as subject, $4::int as g, $5::bytea as lf, $6::int as ue,
    $7::uuid as audit_id, $8::inet as ip, $9::text as user_agent, $10::text as request_id, $11::timestamptz as fixed_now
), cur as materialized (
  select s.id, s.tenant, s.subject, s.user_epoch, s.gen, s.leaf_hash, s.parent_hash, s.confirmed_at, s.revoked_at,
    u.auth_epoch, u.claims_epoch
  from p
  join ${s}.session s on s.id = p.sid and (s.tenant, s.subject) is not distinct from (p.tenant, p.subject)
  join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  for no key update of s
), d as materialized (
  select cur.*, ${clock('p.fixed_now')} as now, case
    when cur.user_epoch > cur.auth_epoch then 'ask_again'
    when p.ue <> cur.auth_epoch or cur.revoked_at is not null then 'revoked'
    when p.g = cur.gen and p.lf = substring(cur.leaf_hash from 1 for 8) then 'accept'
    when p.g = cur.gen - 1 and p.lf = substring(cur.parent_hash from 1 for 8) then 'accept'
    when p.g < cur.gen and cur.parent_hash is null then 'superseded'
    when p.g = cur.gen or p.g = cur.gen - 1 then 'displaced'
    when p.g > cur.gen then 'ahead'
    else 'superseded' end as outcome
  from cur, p
), upd as (
  update ${s}.session s set
    confirmed_at = case when d.outcome = 'accept' then d.now else d.confirmed_at end,
    revoked_at = case when d.outcome = 'displaced' then d.now else d.revoked_at end,
    revoke_reason = case when d.outcome = 'displaced' then ${revokeReason.reuse} else s.revoke_reason end
  from d, p
  where s.id = d.id and (d.outcome = 'displaced' or d.outcome = 'accept' and p.g = d.gen and d.confirmed_at is null)
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, d.now, d.tenant, d.subject, 'session.reuse_detected', 'session', d.id::text, 1, p.ip, p.user_agent, p.request_id,
    jsonb_build_object('result', d.outcome, 'generation', d.gen, 'presented', p.g)
  from d, p where d.outcome = 'displaced'`,
  )}
), ob as (
  ${insertRevocation(s, `select d.now, d.tenant, ${revocationCode.session}, d.id::text, null::int from d where d.outcome = 'displaced'`)}
)
select coalesce(d.outcome, 'unknown') as outcome, d.claims_epoch, coalesce(d.now, ${clock('p.fixed_now')}) as now
from p left join d on true`);
}

/** What the same call has answered before, where it can answer that only once: it has ended the session. */
export function useRecallStatement(s: string): Statement {
  return statement(`select 'displaced' as outcome, null::int as claims_epoch, a.at as now
from ${ownAudit(s, '$1::uuid', '$2::timestamptz')}`);
}

/** A row of both statements. */
export interface UseRow {
  readonly outcome: UseOutcome['outcome'] | 'ask_again';
  readonly claims_epoch: unknown;
  readonly now: unknown;
}

export function useValues(call: UseCall): readonly BindValue[] {
  return [
    boundId(call.sessionId),
    call.tenant,
    call.subject,
    call.generation,
    call.leafPrefix,
    call.userEpoch,
    call.audit.id,
    ...originValues(call.audit.origin),
    boundNow(call.now),
  ];
}

/** The verdict. */
export function readUse(row: UseRow): UseOutcome | 'ask_again' {
  if (row.outcome === 'ask_again') return 'ask_again';
  const now = readMs(row.now);
  if (row.outcome === 'accept') return { outcome: 'accept', claimsEpoch: readInt(row.claims_epoch), now };
  return { outcome: row.outcome, now };
}
