import type { SubjectCall } from '@castellan/core/sessions';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundNow } from './bound.ts';
import { revocationCode } from './codes.ts';
import { clock, insertAudit, insertRevocation } from './fragments.ts';
import { originValues } from './origin-values.ts';
import { ownAudit, recallValues } from './recall.ts';
import { subjectColumns } from './subject-row.ts';

/** What one verb changes about a known subject. */
export interface SubjectChange {
  readonly action: string;
  /** When there is anything to do; `cur` is the subject as it is, `p.tier` what was asked for. */
  readonly when: string;
  readonly set: string;
  /** Which epoch moves with it. */
  readonly bumps: 'auth_epoch' | 'claims_epoch' | null;
}

/** The verbs. */
export const subjectChanges: Readonly<Record<'setTier' | 'disable' | 'enable' | 'endAll', SubjectChange>> = {
  setTier: {
    action: 'tier.change',
    when: 'cur.tier is distinct from p.tier',
    set: 'tier = p.tier',
    bumps: 'claims_epoch',
  },
  disable: {
    action: 'subject.disable',
    when: 'cur.disabled_at is null',
    set: 'disabled_at = t.now',
    bumps: 'auth_epoch',
  },
  enable: { action: 'subject.enable', when: 'cur.disabled_at is not null', set: 'disabled_at = null', bumps: null },
  endAll: { action: 'user.logout_all', when: 'true', set: 'tier = cur.tier', bumps: 'auth_epoch' },
};

/** Changes a known subject, with its audit row and revocation. No row: no such subject. */
export function subjectChangeStatement(s: string, change: SubjectChange): Statement {
  return statement(`with p as (
  select $1::text as tenant, $2::text as id, $3::text as tier, $4::text as actor,
    $5::uuid as audit_id, $6::inet as ip, $7::text as user_agent, $8::text as request_id, $9::timestamptz as fixed_now
), ${subjectChange(s, change)}
select true as changed, ${subjectColumns}, t.now from upd, t
union all
select false as changed, ${subjectColumns}, t.now from cur, t where not exists (select from upd)`);
}

/** The steps of a change, after `p`: `cur` the subject locked, `t` the time after the wait, `upd` the subject changed. */
export function subjectChange(s: string, { action, when, set, bumps }: SubjectChange): string {
  const bump = bumps ? `, ${bumps} = cur.${bumps} + 1` : '';
  const revocation = bumps
    ? `, ob as (
  ${insertRevocation(s, `select t.now, upd.tenant, ${revocationCode[bumps]}, upd.id, upd.${bumps} from upd, t`)}
)`
    : '';
  return `cur as materialized (
  select u.tenant, u.id, u.auth_epoch, u.claims_epoch, u.tier, u.disabled_at
  from p join ${s}.subject u on u.tenant = p.tenant and u.id = p.id
  for no key update of u
), t as materialized (
  select (select count(*) from cur) as known, ${clock('p.fixed_now')} as now from p
), upd as (
  update ${s}.subject u set ${set}${bump}
  from cur, p, t
  where u.tenant = cur.tenant and u.id = cur.id and ${when}
  returning u.tenant, u.id, u.auth_epoch, u.claims_epoch, u.tier, u.disabled_at
), ev as (
  ${insertAudit(
    s,
    `select p.audit_id, t.now, upd.tenant, p.actor, '${action}', 'subject', upd.id, 0, p.ip, p.user_agent, p.request_id, null::jsonb from upd, p, t`,
  )}
)${revocation}`;
}

/** What the same call has answered before, of any change; the subject as it is now. */
export function subjectRecallStatement(s: string): Statement {
  return statement(`select true as changed, ${subjectColumns}, a.now
from (select a.at as now from ${ownAudit(s, '$1::uuid', '$2::timestamptz')}) a, ${s}.subject
where tenant = $3::text and id = $4::text`);
}

export function subjectRecallValues(call: SubjectCall): readonly BindValue[] {
  return [...recallValues(call), call.tenant, call.id];
}

/** @param tier for the verbs that set one */
export function subjectChangeValues(call: SubjectCall, tier: string | null = null): readonly BindValue[] {
  return [
    call.tenant,
    call.id,
    tier,
    call.actor,
    call.audit.id,
    ...originValues(call.audit.origin),
    boundNow(call.now),
  ];
}
