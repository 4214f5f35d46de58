import type { CreateAccountCall, CreateAccountOutcome } from '@castellan/core/accounts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { type AccountRow, accountColumns, readAccount } from './account-row.ts';
import { boundNow } from './bound.ts';
import { transportCode } from './codes.ts';
import { clock, insertAudit, interval } from './fragments.ts';
import { type IssuedRow, type LeafRow, readIssued, readLeaf } from './issued-session.ts';
import { originValues } from './origin-values.ts';
import { newSession, newSessionColumns } from './session-columns.ts';

const parameters = `p as (
  select $1::uuid as account_id, $2::text as tenant, $3::text as email, $4::text as email_key, $5::text as password_hash,
    $6::text as display_name, $7::text as tier, $8::uuid as sid, $1::uuid::text as subject, $9::smallint as kid, $10::bytea as hash,
    $11::smallint as transport, $12::smallint as aal, $13::text[] as amr, ${interval('$14::float8')} as idle, ${interval('$15::float8')} as life,
    $16::inet as ip, $17::text as user_agent, $18::uuid as audit_id, $19::inet as audit_ip, $20::text as audit_agent, $21::text as request_id,
    ${clock('$22::timestamptz')} as now
)`;

const account = (s: string): string => `acc as (
  insert into ${s}.account (id, tenant, email, email_key, password_hash, password_changed_at, display_name, created_at, updated_at)
  select p.account_id, p.tenant, p.email, p.email_key, p.password_hash, p.now, p.display_name, p.now, p.now from p
  on conflict do nothing
  returning id, tenant, email, username, display_name, avatar_url, bio, email_verified_at, created_at, updated_at
), sub as (
  insert into ${s}.subject (tenant, id, tier) select acc.tenant, acc.id::text, p.tier from acc, p
  returning tier, disabled_at, auth_epoch, claims_epoch
)`;

/** @param epoch where the session's first epoch is read from, so that it is written after that */
const session = (s: string, from: string): string => `ses as (
  insert into ${s}.session (${newSessionColumns})
  select ${newSession('p', 'f.auth_epoch', 'p.now')} from p, ${from} f
  returning id, tenant, subject, user_epoch, aal, gen, leaf_kid, leaf_hash, leaf_nonce, expires_at
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, p.now, ses.tenant, ses.subject, 'user.register', 'subject', ses.subject, 0, p.audit_ip, p.audit_agent, p.request_id, null::jsonb
  from ses, p`,
  )}
)`;

const answer = (a: string, u: string, x: string): string =>
  `${accountColumns(a, u)}, ${u}.claims_epoch, ${x}.id::text as id, ${x}.tenant, ${x}.subject, ${x}.user_epoch, ${x}.aal, ${x}.gen,
  ${x}.leaf_kid, ${x}.leaf_hash, ${x}.leaf_nonce, ${x}.expires_at`;

/** The account that this very call made before, with its session as long as nothing has happened to it. */
const known = (s: string): string => `select ${answer('a', 'u', 'x')}, p.now
from p
join ${s}.account a on a.id = p.account_id and a.tenant = p.tenant and a.email_key = p.email_key and a.deleted_at is null
join ${s}.subject u on u.tenant = a.tenant and u.id = a.id::text and u.disabled_at is null
join ${s}.session x on x.id = p.sid and x.subject = u.id and x.tenant = u.tenant and x.user_epoch = u.auth_epoch
  and x.gen = 0 and x.revoked_at is null and x.leaf_hash = p.hash`;

/** Account, subject, session and audit row at once. No row: the address is taken, or {@link accountKnownStatement} knows. */
export function accountCreateStatement(s: string): Statement {
  return statement(`with ${parameters}, ${account(s)}, ${session(s, 'sub')}
select ${answer('acc', 'sub', 'ses')}, p.now from p, acc, sub, ses`);
}

/** The first half, before the caller's own writes: account and subject. No row: as above. */
export function accountInsertStatement(s: string): Statement {
  return statement(`with ${parameters}, ${account(s)}
select ${accountColumns('acc', 'sub')} from acc, sub`);
}

/** The second half: session and audit row. */
export function accountSessionStatement(s: string): Statement {
  return statement(`with ${parameters}, f0 as materialized (
  select u.auth_epoch, u.claims_epoch, u.tier, u.disabled_at from p join ${s}.subject u on u.tenant = p.tenant and u.id = p.subject
), ${session(s, 'f0')}
select ${answer('a', 'f0', 'ses')}, p.now from p, f0, ses, ${s}.account a where a.id = p.account_id`);
}

/** What a repeated call finds: see {@link known}. */
export function accountKnownStatement(s: string): Statement {
  return statement(`with ${parameters} ${known(s)}`);
}

/** A row of the statements that answer a session. */
export interface AccountCreateRow extends AccountRow, IssuedRow, LeafRow {}

export function accountCreateValues(call: CreateAccountCall): readonly BindValue[] {
  const { session: first } = call;
  const [ip, userAgent] = originValues(first.origin);
  return [
    call.id,
    call.tenant,
    call.email,
    call.emailKey,
    call.passwordHash,
    call.displayName,
    call.tier,
    first.sessionId,
    first.leaf.kid,
    first.leaf.hash,
    transportCode[first.transport],
    first.aal,
    first.amr,
    first.idleMs,
    first.absoluteMs,
    ip,
    userAgent,
    call.audit.id,
    ...originValues(call.audit.origin),
    boundNow(call.now),
  ];
}

export function readCreated(row: AccountCreateRow): CreateAccountOutcome {
  return { outcome: 'created', account: readAccount(row), session: readIssued(row, readLeaf(row)) };
}
