import type { ChangePasswordCall, ChangePasswordOutcome } from '@castellan/core/accounts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { revocationCode } from './codes.ts';
import { clock, insertAudit, insertRevocation, interval } from './fragments.ts';
import { type IssuedRow, readIssued } from './issued-session.ts';
import { live } from './live.ts';
import { originValues } from './origin-values.ts';

/**
 * A new password: the epoch moves, and with it every session dies but one, which is re-stamped *by its id* (the caller
 * may hold a token whose successor is under way). Fenced by the epoch that was seen when the current password was
 * checked. Locks the subject, then the session, then the account; no row: the fence moved or the session is over.
 */
export function changePasswordStatement(s: string): Statement {
  return statement(`with p as (
  select $1::text as tenant, $2::uuid as account, $2::uuid::text as subject, $3::uuid as sid, $4::int as fence, $5::text as password_hash,
    $6::smallint as kid, $7::bytea as hash, $8::float8[] as idle_ms,
    $9::uuid as audit_id, $10::inet as ip, $11::text as user_agent, $12::text as request_id, $13::timestamptz as fixed_now
), u as materialized (
  select u.tenant, u.id, u.auth_epoch, u.claims_epoch, u.tier, u.disabled_at
  from p join ${s}.subject u on u.tenant = p.tenant and u.id = p.subject
  where u.auth_epoch = p.fence
  for no key update of u
), cur as materialized (
  select s.id, s.aal, s.user_epoch, s.revoked_at, s.idle_expires_at, s.expires_at, u.auth_epoch, u.disabled_at
  from u join p on true
  join ${s}.session s on s.id = p.sid and s.tenant = u.tenant and s.subject = u.id
  for no key update of s
), t as materialized (
  select cur.*, ${clock('p.fixed_now')} as now from cur, p
), acc as (
  update ${s}.account a set
    password_hash = p.password_hash, password_changed_at = t.now, updated_at = t.now, failed_logins = 0, locked_until = null
  from t, p
  where a.id = p.account and a.tenant = p.tenant and a.deleted_at is null and ${live('t', 't.now')}
  returning a.id
), sub as (
  update ${s}.subject x set auth_epoch = x.auth_epoch + 1
  from acc, u where x.tenant = u.tenant and x.id = u.id
  returning x.tenant, x.id, x.auth_epoch, x.claims_epoch, x.tier
), ses as (
  update ${s}.session s set
    gen = s.gen + 1, user_epoch = sub.auth_epoch, leaf_hash = p.hash, leaf_kid = p.kid, leaf_nonce = null, leaf_at = t.now,
    last_used_at = t.now, parent_hash = null, confirmed_at = null, attempt_hash = null,
    idle_expires_at = least(t.now + ${interval('p.idle_ms[t.aal]')}, t.expires_at)
  from t, sub, p where s.id = t.id
  returning s.id, s.tenant, s.subject, s.user_epoch, s.aal, s.gen, s.expires_at
), ob as (
  ${insertRevocation(s, `select t.now, sub.tenant, ${revocationCode.auth_epoch}, sub.id, sub.auth_epoch from sub, t`)}
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, t.now, sub.tenant, sub.id, 'user.change_password', 'subject', sub.id, 0, p.ip, p.user_agent, p.request_id, null::jsonb
  from sub, t, p`,
  )}
)
select ses.id::text as id, ses.tenant, ses.subject, ses.user_epoch, ses.aal, ses.gen, ses.expires_at, sub.claims_epoch, sub.tier, t.now
from ses, sub, t`);
}

export function changePasswordValues(call: ChangePasswordCall): readonly BindValue[] {
  return [
    call.tenant,
    boundId(call.accountId),
    boundId(call.sessionId),
    call.authEpoch,
    call.passwordHash,
    call.leaf.kid,
    call.leaf.hash,
    call.idleMs,
    call.audit.id,
    ...originValues(call.audit.origin),
    boundNow(call.now),
  ];
}

/** The session as this very call has left it: nobody else knows the hash of its leaf. */
export function passwordChangedStatement(s: string): Statement {
  return statement(`select s.id::text as id, s.tenant, s.subject, s.user_epoch, s.aal, s.gen, s.expires_at, u.claims_epoch, u.tier,
  ${clock('$5::timestamptz')} as now
from ${s}.session s join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
where s.id = $1::uuid and s.tenant = $2::text and s.subject = $3::text and s.leaf_hash = $4::bytea and s.parent_hash is null
  and s.revoked_at is null and s.user_epoch = u.auth_epoch`);
}

export function passwordChangedValues(call: ChangePasswordCall): readonly BindValue[] {
  return [boundId(call.sessionId), call.tenant, call.accountId, call.leaf.hash, boundNow(call.now)];
}

export function readChangedPassword(row: IssuedRow | undefined, call: ChangePasswordCall): ChangePasswordOutcome {
  return row ? { outcome: 'changed', session: readIssued(row, { ...call.leaf, nonce: null }) } : { outcome: 'refused' };
}
