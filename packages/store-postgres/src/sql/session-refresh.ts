import { equalBytes } from '@castellan/core/kernel';
import type { RefreshCall, RefreshOutcome, RefreshRefusal, RefreshSuccess } from '@castellan/core/sessions';
import { readInt, readMs, readText } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId, boundNow } from './bound.ts';
import { revocationCode, revokeReason, transportCode } from './codes.ts';
import { clock, insertAudit, insertRevocation, interval } from './fragments.ts';
import { type IssuedRow, type LeafRow, readIssued, readLeaf } from './issued-session.ts';
import { originValues } from './origin-values.ts';

/**
 * The whole state table (docs/sessions.md), first match wins. One lock: the session's row. The clock is read after the
 * lock wait, and the verdict comes from columns of the locked row only, for those alone are seen anew after a wait.
 *
 * `subject.auth_epoch` is read without a lock. That is sound: a bump that commits while this statement waits is
 * concurrent with it, and what is issued carries the old epoch, which the next use refuses. Where the row shows that
 * our snapshot of the subject is old, the answer is `ask_again`.
 *
 * `last_used_at` is moved by rotate, reissue and replay only: the moment of the session's last answer, from which
 * `keep` and `busy` count. `leaf_at` is the birth of this instance of the leaf: a replay never moves it.
 */
export function refreshStatement(s: string): Statement {
  return statement(`with p as (
  select $1::uuid as sid, $2::int as pgen, $3::bytea as phash, $4::smallint as new_kid, $5::bytea as new_nonce,
    $6::bytea as new_hash, $7::bytea as attempt, ${interval('$8::float8')} as c_win, ${interval('$9::float8')} as l_win,
    $10::float8[] as idle_ms, $11::text as jkt, $12::inet as from_ip, $13::text as from_agent, $14::timestamptz as fixed_now,
    ${interval('$15::float8')} as budget, $16::uuid as audit_id, $17::text as request_id, $18::boolean as audit_ordinary,
    $19::text as tenant, $20::smallint as transport
), cur as materialized (
  select s.id, s.tenant, s.subject, s.user_epoch, s.gen, s.leaf_hash, s.leaf_kid, s.leaf_nonce, s.leaf_at, s.confirmed_at,
    s.parent_hash, s.attempt_hash, s.replays, s.foreign_replay, s.sharing, s.last_used_at, s.idle_expires_at, s.expires_at,
    s.revoked_at, s.revoke_reason, s.pop_jkt, s.aal, s.ip, s.user_agent,
    u.auth_epoch, u.claims_epoch, u.disabled_at, u.tier,
    p.pgen, p.phash, p.new_kid, p.new_nonce, p.new_hash, p.attempt, p.c_win, p.l_win, p.idle_ms, p.jkt, p.from_ip, p.from_agent,
    p.fixed_now, p.budget, p.audit_id, p.request_id, p.audit_ordinary
  from p
  join ${s}.session s on s.id = p.sid and s.tenant = p.tenant and s.transport = p.transport
  join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  for no key update of s
), t as materialized (
  select cur.*, ${clock('cur.fixed_now')} as now from cur
), d as materialized (
  select t.*, case
    when clock_timestamp() - statement_timestamp() > t.budget then 'deadline'
    when t.revoked_at is not null then 'revoked'
    when t.user_epoch > t.auth_epoch then 'ask_again'
    when t.user_epoch < t.auth_epoch then 'revoked'
    when t.disabled_at is not null then 'user_disabled'
    when t.now >= t.expires_at then 'expired'
    when t.now >= t.idle_expires_at then 'idle'
    when t.pop_jkt is not null and t.pop_jkt is distinct from t.jkt then 'pop_mismatch'
    when t.pgen > t.gen then 'ahead'
    when t.pgen = t.gen and t.phash = t.leaf_hash and t.gen > 0 and t.now < t.last_used_at + t.c_win
      then case when t.attempt_hash is null or t.attempt_hash = t.attempt then 'keep' else 'busy' end
    when t.pgen = t.gen and t.phash = t.leaf_hash then 'rotate'
    when t.pgen = t.gen then 'reuse'
    when t.parent_hash is null then 'superseded'
    when t.pgen = t.gen - 1 and t.phash = t.parent_hash then case
      when t.new_hash = t.leaf_hash then 'again'
      when (t.attempt_hash is null or t.attempt_hash = t.attempt) and t.now < t.leaf_at + t.c_win then 'replay'
      when t.now < t.last_used_at + t.c_win then 'busy'
      when t.confirmed_at is null and (t.l_win is null or t.now < t.leaf_at + t.l_win) then 'reissue'
      else 'reuse' end
    else 'reuse' end as outcome
  from t
), upd as (
  update ${s}.session s set
    gen = d.gen + (d.outcome = 'rotate')::int,
    sharing = case when d.outcome = 'rotate' then case when d.foreign_replay then least(d.sharing + 1, 32767) else 0 end else d.sharing end,
    foreign_replay = d.outcome <> 'rotate'
      and (d.foreign_replay or d.outcome = 'replay' and (d.ip, d.user_agent) is distinct from (d.from_ip, d.from_agent)),
    ip = case when d.outcome = 'rotate' then d.from_ip else d.ip end,
    user_agent = case when d.outcome = 'rotate' then d.from_agent else d.user_agent end,
    parent_hash = case when d.outcome = 'rotate' then d.leaf_hash else d.parent_hash end,
    leaf_hash = case when d.outcome in ('rotate', 'reissue') then d.new_hash else d.leaf_hash end,
    leaf_kid = case when d.outcome in ('rotate', 'reissue') then d.new_kid else d.leaf_kid end,
    leaf_nonce = case when d.outcome in ('rotate', 'reissue') then d.new_nonce else d.leaf_nonce end,
    leaf_at = case when d.outcome in ('rotate', 'reissue') then d.now else d.leaf_at end,
    confirmed_at = case when d.outcome in ('rotate', 'reissue') then null
      when d.outcome = 'keep' then coalesce(d.confirmed_at, d.now) else d.confirmed_at end,
    attempt_hash = case when d.outcome in ('rotate', 'reissue') then d.attempt else d.attempt_hash end,
    replays = case when d.outcome = 'rotate' then 0
      when d.outcome in ('reissue', 'replay') then least(d.replays + 1, 32767) else d.replays end,
    last_used_at = case when d.outcome in ('rotate', 'reissue', 'replay') then d.now else d.last_used_at end,
    idle_expires_at = case when d.outcome in ('rotate', 'reissue', 'replay')
      then least(d.now + ${interval('d.idle_ms[d.aal]')}, d.expires_at) else d.idle_expires_at end,
    revoked_at = case when d.outcome in ('reuse', 'expired', 'idle') then d.now else d.revoked_at end,
    revoke_reason = case d.outcome when 'reuse' then ${revokeReason.reuse} when 'expired' then ${revokeReason.expired}
      when 'idle' then ${revokeReason.idle} else d.revoke_reason end
  from d
  where s.id = d.id and d.outcome in ('rotate', 'reissue', 'replay', 'keep', 'reuse', 'expired', 'idle')
), ev as (
  ${insertAudit(
    s,
    `select d.audit_id, d.now, d.tenant, d.subject,
    case when d.outcome = 'reuse' then 'session.reuse_detected' else 'user.refresh' end, 'session', d.id::text,
    (d.outcome not in ('rotate', 'replay', 'reissue', 'keep', 'again'))::int, d.from_ip, d.from_agent, d.request_id,
    jsonb_build_object('result', d.outcome, 'generation', d.gen, 'presented', d.pgen)
  from d
  where d.outcome not in ('deadline', 'busy', 'ask_again') and (d.audit_ordinary or d.outcome not in ('rotate', 'keep'))`,
  )}
), ob as (
  ${insertRevocation(s, `select d.now, d.tenant, ${revocationCode.session}, d.id::text, null::int from d where d.outcome = 'reuse'`)}
)
select d.outcome, d.id::text as id, d.tenant, d.subject, d.user_epoch, d.claims_epoch, d.tier, d.aal, d.now, d.expires_at,
  d.gen + (d.outcome = 'rotate')::int as gen,
  case when d.outcome = 'rotate' then case when d.foreign_replay then least(d.sharing + 1, 32767) else 0 end else d.sharing end as sharing,
  case when d.outcome in ('rotate', 'reissue') then d.new_kid else d.leaf_kid end as leaf_kid,
  case when d.outcome in ('rotate', 'reissue') then d.new_nonce else d.leaf_nonce end as leaf_nonce,
  case when d.outcome in ('rotate', 'reissue') then d.new_hash else d.leaf_hash end as leaf_hash
from d`);
}

/** A row of {@link refreshStatement}. */
export interface RefreshRow extends IssuedRow, LeafRow {
  readonly outcome: RefreshSuccess | Exclude<RefreshRefusal, 'unknown'> | 'busy' | 'deadline' | 'ask_again';
  readonly sharing: unknown;
}

/** @param budgetMs what is left of the call's budget when the statement is sent */
export function refreshValues(call: RefreshCall, budgetMs: number): readonly BindValue[] {
  const { successor, audit } = call;
  const [ip, userAgent, requestId] = originValues(call.origin);
  return [
    boundId(call.sessionId),
    call.generation,
    call.hash,
    successor.kid,
    successor.nonce,
    successor.hash,
    call.attemptHash,
    call.graceMs,
    call.reissueMs,
    call.idleMs,
    call.jkt,
    ip,
    userAgent,
    boundNow(call.now),
    budgetMs,
    audit.id,
    requestId,
    audit.ordinary,
    call.tenant,
    transportCode[call.transport],
  ];
}

/** The verdict; no row is an unknown session. */
export function readRefresh(row: RefreshRow | undefined, call: RefreshCall): RefreshOutcome | 'ask_again' {
  if (!row) return { outcome: 'unknown' };
  const { outcome } = row;
  switch (outcome) {
    case 'rotate':
    case 'keep':
    case 'replay':
    case 'reissue':
    case 'again':
      return { outcome, session: readIssued(row, readLeaf(row)), sharing: readInt(row.sharing) };
    case 'busy':
    case 'deadline':
      return { outcome };
    case 'ask_again':
      return outcome;
    case 'expired':
    case 'idle': {
      // nothing has moved the leaf: the row answers it as it was
      const current = readInt(row.gen) === call.generation && equalBytes(readLeaf(row).hash, call.hash);
      return { outcome, current, subject: readText(row.subject), now: readMs(row.now) };
    }
    case 'revoked':
    case 'user_disabled':
    case 'pop_mismatch':
    case 'ahead':
    case 'superseded':
    case 'reuse':
      return { outcome, subject: readText(row.subject), now: readMs(row.now) };
  }
}
