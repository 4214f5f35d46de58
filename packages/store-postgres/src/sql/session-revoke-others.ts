import type { RevokeOthersCall } from '@castellan/core/sessions';
import { readMs, readTextOrNull } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { revocationCode, revokeReason } from './codes.ts';
import { clock, insertAudit, insertRevocation } from './fragments.ts';
import { live } from './live.ts';
import { originValues } from './origin-values.ts';
import { ownAudit } from './recall.ts';

/** Ends all sessions of a subject but one; locked in the order of their ids, so that two of these never wait in a ring. */
export function revokeOthersStatement(s: string): Statement {
  return statement(`with p as (
  select $1::text as tenant, $2::text as subject, $3::uuid as keep, $9::text as keep_text,
    $4::uuid as audit_id, $5::inet as ip, $6::text as user_agent, $7::text as request_id, $8::timestamptz as fixed_now
), cur as materialized (
  select s.id, s.user_epoch, s.revoked_at, s.idle_expires_at, s.expires_at, u.auth_epoch, u.disabled_at
  from p
  join ${s}.session s on s.tenant = p.tenant and s.subject = p.subject and s.id is distinct from p.keep and s.revoked_at is null
  join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  order by s.id
  for no key update of s
), t as materialized (
  select (select count(*) from cur) as locked, ${clock('p.fixed_now')} as now from p
), d as materialized (
  select cur.id from cur, t where ${live('cur', 't.now')}
), upd as (
  update ${s}.session s set revoked_at = t.now, revoke_reason = ${revokeReason.revoked} from d, t where s.id = d.id
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, t.now, p.tenant, p.subject, 'session.revoke_others', 'session', p.keep_text, 0, p.ip, p.user_agent, p.request_id, null::jsonb
  from p, t`,
  )}
), ob as (
  ${insertRevocation(s, `select t.now, p.tenant, ${revocationCode.session}, d.id::text, null::int from d, p, t`)}
)
select d.id::text as id, t.now from t left join d on true order by d.id desc`);
}

/** What the same call has answered before: what was revoked by the transaction that wrote its audit row. */
export function revokeOthersRecallStatement(s: string): Statement {
  return statement(`select r.key as id, a.at as now
from (select a.tx, a.at, a.tenant from ${ownAudit(s, '$1::uuid', '$2::timestamptz')}) a
left join ${s}.revocation r on r.tx = a.tx and r.at = a.at and r.tenant = a.tenant and r.kind = ${revocationCode.session}
order by r.key::uuid desc`);
}

/** A row of both statements: one without id when there was none to end. */
export interface RevokeOthersRow {
  readonly id: unknown;
  readonly now: unknown;
}

export function revokeOthersValues(call: RevokeOthersCall): readonly BindValue[] {
  return [
    call.tenant,
    call.subject,
    boundId(call.keep),
    call.audit.id,
    ...originValues(call.audit.origin),
    boundNow(call.now),
    call.keep,
  ];
}

export function readRevokeOthers(rows: readonly RevokeOthersRow[]): { revoked: readonly string[]; now: number } {
  return { revoked: rows.map(({ id }) => readTextOrNull(id)).filter((id) => id !== null), now: readMs(rows[0]?.now) };
}
