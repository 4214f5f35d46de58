import { noOrigin } from '@castellan/core/kernel';
import type { StartCall, StartOutcome } from '@castellan/core/sessions';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundNow, boundTexts } from './bound.ts';
import { transportCode } from './codes.ts';
import { clock, insertAudit, interval } from './fragments.ts';
import { type IssuedRow, readIssued } from './issued-session.ts';
import { originValues } from './origin-values.ts';
import { newSession, newSessionColumns } from './session-columns.ts';

/**
 * Makes many sessions. One that is refused or is there already does not come back: it is asked alone.
 *
 * `in (…) is true` is looked up in a hash; as a join it would cost the square of the batch, for the planner takes every
 * list for a short one.
 */
export function startBatchStatement(s: string): Statement {
  return statement(`with p as (
  select ord, sid, tenant, subject, fence, kid, hash, transport, aal, amr::text[] as amr, ${interval('idle_ms')} as idle, ${interval('life_ms')} as life,
    ip, user_agent, audit_id, audit_ip, audit_agent, request_id, ${clock('$18::timestamptz')} as now
  from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::smallint[], $6::bytea[], $7::smallint[], $8::smallint[], $9::text[],
      $10::float8[], $11::float8[], $12::inet[], $13::text[], $14::uuid[], $15::inet[], $16::text[], $17::text[]) with ordinality
    as p(sid, tenant, subject, fence, kid, hash, transport, aal, amr, idle_ms, life_ms, ip, user_agent, audit_id, audit_ip, audit_agent, request_id, ord)
), a as materialized (
  select p.*, u.auth_epoch, u.claims_epoch, u.tier
  from p join ${s}.subject u on u.tenant = p.tenant and u.id = p.subject
  where u.disabled_at is null and (p.fence is null or u.auth_epoch = p.fence)
), made as (
  insert into ${s}.session (${newSessionColumns})
  select ${newSession('a', 'a.auth_epoch', 'a.now')} from a order by a.sid
  on conflict (id) do nothing
  returning id
), done as materialized (
  select a.* from a where (a.sid in (select id from made)) is true
), ev as (
  ${insertAudit(
    s,
    `select a.audit_id, a.now, a.tenant, a.subject, 'user.login', 'subject', a.subject, 0, a.audit_ip, a.audit_agent, a.request_id, null::jsonb
  from done a where a.audit_id is not null`,
  )}
)
select ord, sid::text as id, tenant, subject, auth_epoch as user_epoch, aal, 0 as gen, now + life as expires_at, claims_epoch, tier, now
from done`);
}

/** A row of {@link startBatchStatement}. */
export interface StartBatchRow extends IssuedRow {
  /** The call's place, from 1. */
  readonly ord: unknown;
}

/** @param calls of the same fixed time, each of another session */
export function startBatchValues(calls: readonly [StartCall, ...StartCall[]]): readonly BindValue[] {
  const origins = calls.map((call) => originValues(call.origin));
  const stamps = calls.map((call) => originValues(call.audit?.origin ?? noOrigin));
  return [
    calls.map((call) => call.sessionId),
    calls.map((call) => call.tenant),
    calls.map((call) => call.subject),
    calls.map((call) => call.authEpoch),
    calls.map((call) => call.leaf.kid),
    calls.map((call) => call.leaf.hash),
    calls.map((call) => transportCode[call.transport]),
    calls.map((call) => call.aal),
    calls.map((call) => boundTexts(call.amr)),
    calls.map((call) => call.idleMs),
    calls.map((call) => call.absoluteMs),
    origins.map(([ip]) => ip),
    origins.map(([, userAgent]) => userAgent),
    calls.map((call) => call.audit?.id ?? null),
    stamps.map(([ip]) => ip),
    stamps.map(([, userAgent]) => userAgent),
    stamps.map(([, , requestId]) => requestId),
    boundNow(calls[0].now),
  ];
}

/** The outcome of a call that came back. */
export function readStartBatch(row: StartBatchRow, call: StartCall): StartOutcome {
  return { outcome: 'started', session: readIssued(row, { ...call.leaf, nonce: null }) };
}
