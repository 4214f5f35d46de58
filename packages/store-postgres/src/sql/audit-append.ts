import type { AuditEntry } from '@castellan/core/audit';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundNow } from './bound.ts';
import { clock, insertAudit } from './fragments.ts';
import { originValues } from './origin-values.ts';

/** Appends entries; one that is there already is skipped. */
export function auditAppendStatement(s: string): Statement {
  return statement(
    insertAudit(
      s,
      `select id, ${clock('at')}, tenant, actor, action, target_kind, target, outcome, ip, user_agent, request_id, meta::jsonb
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[],
      $9::inet[], $10::text[], $11::text[], $12::text[])
    as e(id, at, tenant, actor, action, target_kind, target, outcome, ip, user_agent, request_id, meta)`,
    ),
  );
}

/** Whether all of these entries are there: ids, and the earliest time that one of them was given. */
export function auditRecallStatement(s: string): Statement {
  return statement(`select true as written from ${s}.audit_event a
where a.id = any ($1::uuid[]) and a.at > least($2::timestamptz, now()) - interval '1 minute'
having count(distinct a.id) = cardinality($1::uuid[])`);
}

export function auditRecallValues(entries: readonly AuditEntry[]): readonly BindValue[] {
  const times = entries.map(({ at }) => at).filter((at) => at !== undefined);
  return [[...new Set(entries.map(({ id }) => id))], boundNow(times.length > 0 ? Math.min(...times) : undefined)];
}

export function auditAppendValues(entries: readonly AuditEntry[]): readonly BindValue[] {
  const origins = entries.map((entry) => originValues(entry.origin));
  return [
    entries.map((entry) => entry.id),
    entries.map((entry) => boundNow(entry.at)),
    entries.map((entry) => entry.tenant),
    entries.map((entry) => entry.actor),
    entries.map((entry) => entry.action),
    entries.map((entry) => entry.targetKind),
    entries.map((entry) => entry.target),
    entries.map((entry) => (entry.outcome === 'success' ? 0 : 1)),
    origins.map(([ip]) => ip),
    origins.map(([, userAgent]) => userAgent),
    origins.map(([, , requestId]) => requestId),
    entries.map((entry) => entry.meta && JSON.stringify(entry.meta)),
  ];
}
