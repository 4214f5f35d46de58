import type { AccountPatch } from '@castellan/core/accounts';
import type { AuditStamp } from '@castellan/core/audit';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { accountColumns } from './account-row.ts';
import { boundId, boundNow } from './bound.ts';
import { clock, insertAudit } from './fragments.ts';
import { originValues } from './origin-values.ts';
import { ownAudit, recallValues } from './recall.ts';

/** Changes the owner's fields, each only where it is given. No row: no such account. */
export function accountUpdateStatement(s: string): Statement {
  return statement(`with p as (
  select $1::text as tenant, $2::uuid as id, $3::boolean as sets_name, $4::text as name, $5::boolean as sets_avatar, $6::text as avatar,
    $7::boolean as sets_bio, $8::text as bio, $9::uuid as audit_id, $10::inet as ip, $11::text as user_agent, $12::text as request_id,
    $13::timestamptz as fixed_now
), cur as materialized (
  select a.id from p join ${s}.account a on a.id = p.id and a.tenant = p.tenant where a.deleted_at is null for no key update of a
), t as materialized (
  select cur.id, ${clock('p.fixed_now')} as now from cur, p
), upd as (
  update ${s}.account a set
    display_name = case when p.sets_name then p.name else a.display_name end,
    avatar_url = case when p.sets_avatar then p.avatar else a.avatar_url end,
    bio = case when p.sets_bio then p.bio else a.bio end,
    updated_at = t.now
  from t, p where a.id = t.id
  returning a.id, a.tenant, a.email, a.username, a.display_name, a.avatar_url, a.bio, a.email_verified_at, a.created_at, a.updated_at
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, t.now, upd.tenant, upd.id::text, 'user.update', 'subject', upd.id::text, 0, p.ip, p.user_agent, p.request_id, null::jsonb
  from upd, t, p`,
  )}
)
select ${accountColumns('upd', 'u')} from upd join ${s}.subject u on u.tenant = upd.tenant and u.id = upd.id::text`);
}

/** What the same call has answered before; the account as it is now. */
export function accountUpdateRecallStatement(s: string): Statement {
  return statement(`select ${accountColumns('a', 'u')}
from (select a.at from ${ownAudit(s, '$1::uuid', '$2::timestamptz')}) w, ${s}.account a
join ${s}.subject u on u.tenant = a.tenant and u.id = a.id::text
where a.tenant = $3::text and a.id = $4::uuid and a.deleted_at is null`);
}

/** A change of the owner's fields. */
export interface AccountUpdate {
  readonly tenant: string;
  readonly id: string;
  readonly patch: AccountPatch;
  readonly audit: AuditStamp;
  readonly now?: number;
}

export function accountUpdateValues({ tenant, id, patch, audit, now }: AccountUpdate): readonly BindValue[] {
  const { displayName, avatarUrl, bio } = patch;
  const field = (value: string | null | undefined): readonly BindValue[] => [value !== undefined, value ?? null];
  return [
    tenant,
    boundId(id),
    ...field(displayName),
    ...field(avatarUrl),
    ...field(bio),
    audit.id,
    ...originValues(audit.origin),
    boundNow(now),
  ];
}

export function accountUpdateRecallValues(call: AccountUpdate): readonly BindValue[] {
  return [...recallValues(call), call.tenant, boundId(call.id)];
}
