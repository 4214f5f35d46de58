import { noOrigin } from '@castellan/core/kernel';
import type { StartCall, StartOutcome } from '@castellan/core/sessions';
import { readBoolean } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundNow } from './bound.ts';
import { transportCode } from './codes.ts';
import { clock, insertAudit, interval } from './fragments.ts';
import { type IssuedRow, type LeafRow, readIssued, readLeaf } from './issued-session.ts';
import { originValues } from './origin-values.ts';
import { newSession, newSessionColumns } from './session-columns.ts';

/**
 * Makes a session, fenced. A bump of the epoch that commits while this runs is concurrent with it: the session then
 * carries the old epoch and is dead at its first use. A repeated call finds the row that it wrote before; one that is
 * not visible yet (its transaction committed after our snapshot) shows as neither made nor found: ask again.
 */
export function startStatement(s: string): Statement {
  return statement(`with p as (
  select $1::uuid as sid, $2::text as tenant, $3::text as subject, $4::int as fence, $5::smallint as kid, $6::bytea as hash,
    $7::smallint as transport, $8::smallint as aal, $9::text[] as amr, ${interval('$10::float8')} as idle, ${interval('$11::float8')} as life,
    $12::inet as ip, $13::text as user_agent, $14::uuid as audit_id, $15::inet as audit_ip, $16::text as audit_agent, $17::text as request_id,
    ${clock('$18::timestamptz')} as now
), u as materialized (
  select u.auth_epoch, u.claims_epoch, u.tier
  from p join ${s}.subject u on u.tenant = p.tenant and u.id = p.subject
  where u.disabled_at is null and (p.fence is null or u.auth_epoch = p.fence)
), made as (
  insert into ${s}.session (${newSessionColumns})
  select ${newSession('p', 'u.auth_epoch', 'p.now')} from p, u
  on conflict (id) do nothing
  returning id, tenant, subject, user_epoch, aal, gen, leaf_kid, leaf_hash, leaf_nonce, expires_at
), known as (
  select s.id, s.tenant, s.subject, s.user_epoch, s.aal, s.gen, s.leaf_kid, s.leaf_hash, s.leaf_nonce, s.expires_at,
    s.tenant = p.tenant and s.subject = p.subject and s.user_epoch = u.auth_epoch and s.gen = 0 and s.revoked_at is null
      and s.leaf_hash = p.hash as same
  from u, p join ${s}.session s on s.id = p.sid
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, p.now, made.tenant, made.subject, 'user.login', 'subject', made.subject, 0, p.audit_ip, p.audit_agent, p.request_id, null::jsonb
  from made, p where p.audit_id is not null`,
  )}
)
select x.same, x.id::text as id, x.tenant, x.subject, x.user_epoch, x.aal, x.gen, x.leaf_kid, x.leaf_hash, x.leaf_nonce, x.expires_at,
  u.claims_epoch, u.tier, p.now
from p join u on true left join (select *, true as same from made union all select * from known) x on true`);
}

/** A row of {@link startStatement}; `same` is null when the row that stands in the way was not visible. */
export interface StartRow extends IssuedRow, LeafRow {
  readonly same: unknown;
}

export function startValues(call: StartCall): readonly BindValue[] {
  const [ip, userAgent] = originValues(call.origin);
  return [
    call.sessionId,
    call.tenant,
    call.subject,
    call.authEpoch,
    call.leaf.kid,
    call.leaf.hash,
    transportCode[call.transport],
    call.aal,
    call.amr,
    call.idleMs,
    call.absoluteMs,
    ip,
    userAgent,
    call.audit?.id ?? null,
    ...originValues(call.audit?.origin ?? noOrigin),
    boundNow(call.now),
  ];
}

/** The outcome; no row is a fence that moved. */
export function readStart(row: StartRow | undefined): StartOutcome | 'ask_again' {
  if (!row) return { outcome: 'refused' };
  if (row.same === null) return 'ask_again';
  if (!readBoolean(row.same)) return { outcome: 'refused' };
  return { outcome: 'started', session: readIssued(row, readLeaf(row)) };
}
