import type { SubjectCall } from '@castellan/core/sessions';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { subjectChange, subjectChanges, subjectChangeValues } from './subject-change.ts';
import { subjectColumns } from './subject-row.ts';

/**
 * Makes a subject known, or sets the tier of a known one. No row: somebody else made it while this waited, and our
 * snapshot does not show it; ask again.
 */
export function subjectPutStatement(s: string): Statement {
  const { setTier } = subjectChanges;
  return statement(`with p as (
  select $1::text as tenant, $2::text as id, $3::text as tier, $4::text as actor,
    $5::uuid as audit_id, $6::inet as ip, $7::text as user_agent, $8::text as request_id, $9::timestamptz as fixed_now,
    $10::boolean as sets_tier
), ${subjectChange(s, { ...setTier, when: `p.sets_tier and ${setTier.when}` })}, made as (
  insert into ${s}.subject (tenant, id, tier)
  select p.tenant, p.id, p.tier from p, t where t.known = 0
  on conflict do nothing
  returning ${subjectColumns}
)
select true as changed, ${subjectColumns}, t.now from made, t
union all
select true as changed, ${subjectColumns}, t.now from upd, t
union all
select false as changed, ${subjectColumns}, t.now from cur, t where not exists (select from upd)`);
}

export function subjectPutValues(
  call: SubjectCall & { readonly tier: string | null | undefined },
): readonly BindValue[] {
  return [...subjectChangeValues(call, call.tier ?? null), call.tier !== undefined];
}
