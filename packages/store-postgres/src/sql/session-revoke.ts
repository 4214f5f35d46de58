import type { RevokeCall, RevokeOutcome } from '@castellan/core/sessions';
import { readMs, readText } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { revocationCode, revokeReasonOf, transportCode } from './codes.ts';
import { clock, insertAudit, insertRevocation } from './fragments.ts';
import { live } from './live.ts';
import { originValues } from './origin-values.ts';
import { ownAudit } from './recall.ts';

/** Ends one session. No row: missing, foreign or over already. */
export function revokeStatement(s: string): Statement {
  return statement(`with p as (
  select $1::uuid as sid, $2::text as tenant, $3::text as owner, $4::smallint as transport, $5::text as action, $6::smallint as reason,
    $7::uuid as audit_id, $8::inet as ip, $9::text as user_agent, $10::text as request_id, $11::timestamptz as fixed_now
), cur as materialized (
  select s.id, s.tenant, s.subject, s.user_epoch, s.revoked_at, s.idle_expires_at, s.expires_at, u.auth_epoch, u.disabled_at
  from p
  join ${s}.session s on s.id = p.sid and s.tenant = p.tenant
    and (p.owner is null or s.subject = p.owner) and (p.transport is null or s.transport = p.transport)
  join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  for no key update of s
), t as materialized (
  select cur.*, ${clock('p.fixed_now')} as now from cur, p
), d as materialized (
  select t.id, t.tenant, t.subject, t.now from t where ${live('t', 't.now')}
), upd as (
  update ${s}.session s set revoked_at = d.now, revoke_reason = p.reason from d, p where s.id = d.id
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, d.now, d.tenant, d.subject, p.action, 'session', d.id::text, 0, p.ip, p.user_agent, p.request_id, null::jsonb from d, p`,
  )}
), ob as (
  ${insertRevocation(s, `select d.now, d.tenant, ${revocationCode.session}, d.id::text, null::int from d`)}
)
select d.subject, d.now from d`);
}

/** What the same call has answered before. */
export function revokeRecallStatement(s: string): Statement {
  return statement(`select a.actor as subject, a.at as now from ${ownAudit(s, '$1::uuid', '$2::timestamptz')}`);
}

/** A row of both statements. */
export interface RevokeRow {
  readonly subject: unknown;
  readonly now: unknown;
}

export function revokeValues(call: RevokeCall): readonly BindValue[] {
  return [
    boundId(call.sessionId),
    call.tenant,
    call.owner,
    call.transport && transportCode[call.transport],
    call.action,
    revokeReasonOf[call.action],
    call.audit.id,
    ...originValues(call.audit.origin),
    boundNow(call.now),
  ];
}

export function readRevoke(row: RevokeRow | undefined): RevokeOutcome {
  return row ? { outcome: 'revoked', subject: readText(row.subject), now: readMs(row.now) } : { outcome: 'not_found' };
}
