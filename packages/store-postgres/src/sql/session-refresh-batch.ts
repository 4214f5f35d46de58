import type { RefreshCall, RefreshOutcome } from '@castellan/core/sessions';
import { readInt } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { transportCode } from './codes.ts';
import { clock, insertAudit, interval } from './fragments.ts';
import { type IssuedRow, readIssued } from './issued-session.ts';
import { originValues } from './origin-values.ts';

/**
 * The row *rotate* of the state table for many sessions. Rows that another transaction holds are skipped, so a batch
 * never waits and never deadlocks; a session that does not come back is asked alone, with the whole table.
 * One call per session and batch.
 *
 * What is locked carries its call along: joined to the calls again it would cost the square of the batch, for the
 * planner takes every list for a short one. The lists pass through a row of their own: planned as parameters they would
 * look cheaper the better their length is known, and every flight would be planned anew (370 instead of 1,000 µs for
 * one row). `is not distinct from` is no equality to the planner: with one it would begin at the subjects.
 */
export function refreshBatchStatement(s: string): Statement {
  return statement(`with calls as materialized (
  select $1::uuid[] as sid, $2::int[] as gen, $3::bytea[] as hash, $4::smallint[] as new_kid, $5::bytea[] as new_nonce, $6::bytea[] as new_hash,
    $7::bytea[] as attempt, $8::text[] as jkt, $9::uuid[] as audit_id, $10::inet[] as ip, $11::text[] as user_agent,
    $12::text[] as request_id, $13::text[] as tenant, $14::smallint[] as transport
), p as materialized (
  select p.*
  from calls c, unnest(c.sid, c.gen, c.hash, c.new_kid, c.new_nonce, c.new_hash, c.attempt, c.jkt, c.audit_id, c.ip, c.user_agent,
      c.request_id, c.tenant, c.transport) with ordinality
    as p(sid, gen, hash, new_kid, new_nonce, new_hash, attempt, jkt, audit_id, ip, user_agent, request_id, tenant, transport, ord)
), l as materialized (
  select p.*, u.tier, u.claims_epoch, ${clock('$15::timestamptz')} as now
  from p
  join ${s}.session s on s.id = p.sid
  join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  where s.tenant is not distinct from p.tenant and s.transport = p.transport and s.gen = p.gen and s.leaf_hash = p.hash
    and (s.pop_jkt is null or s.pop_jkt = p.jkt)
    and (s.gen = 0 or ${clock('$15::timestamptz')} >= s.last_used_at + ${interval('$16::float8')})
    and s.revoked_at is null and s.user_epoch = u.auth_epoch and u.disabled_at is null
    and ${clock('$15::timestamptz')} < s.idle_expires_at and ${clock('$15::timestamptz')} < s.expires_at
  order by s.id
  for no key update of s skip locked
), upd as (
  update ${s}.session s set
    gen = s.gen + 1, parent_hash = s.leaf_hash, leaf_hash = l.new_hash, leaf_kid = l.new_kid, leaf_nonce = l.new_nonce,
    leaf_at = l.now, confirmed_at = null, attempt_hash = l.attempt, replays = 0, last_used_at = l.now,
    idle_expires_at = least(l.now + ${interval('($17::float8[])[s.aal]')}, s.expires_at),
    sharing = case when s.foreign_replay then least(s.sharing + 1, 32767) else 0 end, foreign_replay = false,
    ip = l.ip, user_agent = l.user_agent
  from l
  where s.id = l.sid
  returning l.ord, l.audit_id, l.ip, l.user_agent, l.request_id, l.gen as presented,
    s.id, s.tenant, s.subject, s.user_epoch, s.gen, s.sharing, s.aal, s.expires_at, l.now, l.tier, l.claims_epoch
), ev as (
  ${insertAudit(
    s,
    `select audit_id, now, tenant, subject, 'user.refresh', 'session', id::text, 0, ip, user_agent, request_id,
    jsonb_build_object('result', 'rotate', 'generation', gen - 1, 'presented', presented)
  from upd where audit_id is not null`,
  )}
)
select ord, subject, user_epoch, claims_epoch, tier, aal, now, sharing, expires_at from upd`);
}

/** A row of {@link refreshBatchStatement}. */
export interface RefreshBatchRow extends Omit<IssuedRow, 'id' | 'tenant' | 'gen'> {
  /** The call's place, from 1. */
  readonly ord: unknown;
  readonly sharing: unknown;
}

/** Whether two calls can fly together: the settings are the statement's, not the row's. */
export function sameRefreshSettings(a: RefreshCall, b: RefreshCall): boolean {
  return a.graceMs === b.graceMs && a.now === b.now && a.idleMs.every((idle, level) => idle === b.idleMs[level]);
}

/**
 * @param calls of the same settings, each of another session
 * @param late those of them for which it is too late: they do not come back
 */
export function refreshBatchValues(
  calls: readonly [RefreshCall, ...RefreshCall[]],
  late: ReadonlySet<RefreshCall> = new Set(),
): readonly BindValue[] {
  const origins = calls.map((call) => originValues(call.origin));
  const [{ now, graceMs, idleMs }] = calls;
  return [
    calls.map((call) => (late.has(call) ? null : boundId(call.sessionId))),
    calls.map((call) => call.generation),
    calls.map((call) => call.hash),
    calls.map((call) => call.successor.kid),
    calls.map((call) => call.successor.nonce),
    calls.map((call) => call.successor.hash),
    calls.map((call) => call.attemptHash),
    calls.map((call) => call.jkt),
    calls.map((call) => (call.audit.ordinary ? call.audit.id : null)),
    origins.map(([ip]) => ip),
    origins.map(([, userAgent]) => userAgent),
    origins.map(([, , requestId]) => requestId),
    calls.map((call) => call.tenant),
    calls.map((call) => transportCode[call.transport]),
    boundNow(now),
    graceMs,
    idleMs,
  ];
}

/** The outcome of a call that came back. */
export function readRefreshBatch(row: RefreshBatchRow, call: RefreshCall): RefreshOutcome {
  // what the statement compared, the call has told
  const { sessionId: id, tenant, generation } = call;
  const session = readIssued({ ...row, id, tenant, gen: generation + 1 }, call.successor);
  return { outcome: 'rotate', session, sharing: readInt(row.sharing) };
}
