import type { AuditEntry, AuditStamp, MemoryAuditStore } from '../audit/index.ts';
import { type Clock, equalBytes, systemClock } from '../kernel/index.ts';
import {
  type MemoryRevocationStore,
  REVOCATION_LIFE_MS,
  type RevocationQuestion,
  type RevocationTruth,
} from '../revocation/index.ts';
import { type ApplyRefresh, applyRefresh } from './apply-refresh.ts';
import type { MemorySubjectStore } from './memory-subject-store.ts';
import { isSameStart, newSession, type Restamp, restamped } from './new-session.ts';
import { auditOfDisplacedUse, auditOfRefresh } from './refresh-audit.ts';
import { type DecideRefresh, refreshVerdict } from './refresh-verdict.ts';
import { isLive, issuedSession, type SessionRow, sessionView } from './session-row.ts';
import { sessionRows } from './session-rows.ts';
import type {
  IssuedSession,
  RefreshCall,
  RefreshOutcome,
  SessionStore,
  StartCall,
  StartOutcome,
  UseCall,
  UseOutcome,
} from './session-store.ts';
import { type DecideUse, useVerdict } from './use-verdict.ts';

/** What a {@link memorySessionStore} stands on. */
export interface MemorySessionOptions {
  readonly clock?: Clock;
  readonly subjects: MemorySubjectStore;
  readonly audit: MemoryAuditStore;
  readonly revocations: MemoryRevocationStore;
  /** @internal Other rules than ours, so that a test can show which case each of ours is needed for. */
  readonly rules?: Partial<SessionRules>;
}

/** @internal The pure rules of the store. */
export interface SessionRules {
  readonly decide: DecideRefresh;
  readonly apply: ApplyRefresh;
  readonly decideUse: DecideUse;
}

/** A {@link SessionStore} in memory. What the port does not have is for other memory stores' verbs. */
export interface MemorySessionStore extends SessionStore {
  /** `start`, at once. */
  startNow(call: StartCall): StartOutcome;
  /** Re-stamps a session by its id, after its subject's epoch has moved; `undefined` where the session is over. */
  restamp(call: Restamp): IssuedSession | undefined;
  /** The session as this very re-stamp has left it before: nobody else knows the hash of its leaf. */
  restampedBefore(call: Restamp): IssuedSession | undefined;
  /** Whether a session of this subject could refresh now. */
  isLive(tenant: string, subject: string, sessionId: string, now: number): boolean;
  /** What the strict check asks. */
  truth(question: RevocationQuestion): RevocationTruth;
  /** @internal The row, for tests. */
  row(sessionId: string): SessionRow | undefined;
  /** @internal Changes a row as no verb does (a restored store, a bound key), for tests. */
  alter(sessionId: string, columns: Partial<SessionRow>): void;
}

/** Sessions in memory: the executable form of docs/sessions.md. Every verb decides and writes in one synchronous step. */
export function memorySessionStore(options: MemorySessionOptions): MemorySessionStore {
  const { clock = systemClock, subjects, audit, revocations } = options;
  const { decide = refreshVerdict, apply = applyRefresh, decideUse = useVerdict } = options.rules ?? {};
  const rows = sessionRows(clock);

  const subjectOf = (row: SessionRow) => subjects.get(row.tenant, row.subject);
  const liveRow = (id: string, tenant: string, now: number): SessionRow | undefined => {
    const row = rows.get(id);
    const subject = row && subjectOf(row);
    return subject && row?.tenant === tenant && isLive(row, subject, now) ? row : undefined;
  };
  const liveRows = (tenant: string, subjectId: string, now: number): readonly SessionRow[] => {
    const subject = subjects.get(tenant, subjectId);
    return subject ? rows.of(tenant, subjectId).filter((row) => isLive(row, subject, now)) : [];
  };

  const revokeEntry = (row: SessionRow, now: number): void =>
    revocations.write({
      tenant: row.tenant,
      kind: 'session',
      key: row.id,
      epoch: null,
      expiresAt: now + REVOCATION_LIFE_MS,
    });
  const record = (
    stamp: AuditStamp,
    at: number,
    fact: Pick<AuditEntry, 'tenant' | 'actor' | 'action' | 'target'>,
  ): void => audit.write({ ...stamp, at, targetKind: 'session', outcome: 'success', meta: null, ...fact });

  const startNow = (call: StartCall): StartOutcome => {
    const now = call.now ?? clock();
    const subject = subjects.get(call.tenant, call.subject);
    const fenced = call.authEpoch !== null && call.authEpoch !== subject?.authEpoch;
    if (!subject || subject.disabledAt !== null || fenced) return { outcome: 'refused' };
    const fresh = newSession(call, subject, now);
    const known = rows.get(call.sessionId);
    // The same call again, because its answer was lost: the same session, as long as nothing has happened to it.
    if (known)
      return isSameStart(known, fresh)
        ? { outcome: 'started', session: issuedSession(known, subject, now) }
        : { outcome: 'refused' };
    rows.set(fresh);
    const { tenant, id } = subject;
    if (call.audit) audit.write({ ...call.audit, ...signIn, at: now, tenant, actor: id, target: id });
    return { outcome: 'started', session: issuedSession(fresh, subject, now) };
  };

  const refresh = (call: RefreshCall): RefreshOutcome => {
    const row = rows.get(call.sessionId);
    const subject = row && subjectOf(row);
    const now = call.now ?? clock();
    const verdict = decide(row, subject, call, now);
    if (!row || !subject || verdict === 'unknown') return { outcome: 'unknown' };
    if (verdict === 'deadline' || verdict === 'busy') return { outcome: verdict };
    const after = apply(row, verdict, call, now);
    rows.set(after);
    if (verdict === 'reuse') revokeEntry(row, now);
    const entry = auditOfRefresh(row, verdict, call, now);
    if (entry) audit.write(entry);
    switch (verdict) {
      case 'rotate':
      case 'keep':
      case 'replay':
      case 'reissue':
      case 'again':
        return { outcome: verdict, session: issuedSession(after, subject, now), sharing: after.sharing };
      case 'expired':
      case 'idle': {
        const current = call.generation === row.generation && equalBytes(call.hash, row.leaf.hash);
        return { outcome: verdict, current, subject: row.subject, now };
      }
      default:
        return { outcome: verdict, subject: row.subject, now };
    }
  };

  const use = (call: UseCall): UseOutcome => {
    const row = rows.get(call.sessionId);
    const subject = row && subjectOf(row);
    const now = call.now ?? clock();
    const verdict = decideUse(row, subject, call);
    if (!row || !subject) return { outcome: 'unknown', now };
    if (verdict === 'accept') {
      const confirms = call.generation === row.generation && row.confirmedAt === null;
      if (confirms) rows.set({ ...row, confirmedAt: now });
      return { outcome: 'accept', claimsEpoch: subject.claimsEpoch, now };
    }
    if (verdict === 'displaced') {
      rows.set({ ...row, revokedAt: now, revokeReason: 'reuse' });
      revokeEntry(row, now);
      audit.write(auditOfDisplacedUse(row, call, now));
    }
    return { outcome: verdict, now };
  };

  return {
    startNow,
    restamp(call) {
      const row = rows.get(call.sessionId);
      const subject = row && subjectOf(row);
      if (!subject || row.tenant !== call.tenant || row.revokedAt !== null) return undefined;
      const after = restamped(row, subject, call);
      rows.set(after);
      return issuedSession(after, subject, call.now);
    },
    restampedBefore({ tenant, sessionId, leaf, now }) {
      const row = rows.get(sessionId);
      const subject = row && subjectOf(row);
      const same = row?.tenant === tenant && row.parentHash === null && equalBytes(row.leaf.hash, leaf.hash);
      return subject && same && row.revokedAt === null && row.userEpoch === subject.authEpoch
        ? issuedSession(row, subject, now)
        : undefined;
    },
    isLive: (tenant, subject, sessionId, now) => liveRow(sessionId, tenant, now)?.subject === subject,
    truth({ tenant, subject: subjectId, sessionId }) {
      const row = rows.get(sessionId);
      const subject = row && subjectOf(row);
      if (!subject || row.tenant !== tenant || row.subject !== subjectId) return { outcome: 'unknown' };
      if (row.revokedAt !== null) return { outcome: 'revoked' };
      const { authEpoch, claimsEpoch, disabledAt } = subject;
      return { outcome: 'live', authEpoch, claimsEpoch, disabled: disabledAt !== null };
    },
    row: (sessionId) => rows.get(sessionId),
    alter(sessionId, columns) {
      const row = rows.get(sessionId);
      if (row) rows.set({ ...row, ...columns });
    },

    async start(call) {
      return startNow(call);
    },
    async refresh(call) {
      return refresh(call);
    },
    async use(call) {
      return use(call);
    },
    async revoke(call) {
      const now = call.now ?? clock();
      const row = liveRow(call.sessionId, call.tenant, now);
      const foreign = call.owner !== null && row?.subject !== call.owner;
      const othersTransport = call.transport !== null && row?.transport !== call.transport;
      if (!row || foreign || othersTransport) return { outcome: 'not_found' };
      const revokeReason = call.action === 'user.logout' ? 'logout' : 'revoked';
      rows.set({ ...row, revokedAt: now, revokeReason });
      revokeEntry(row, now);
      record(call.audit, now, { tenant: row.tenant, actor: row.subject, action: call.action, target: row.id });
      return { outcome: 'revoked', subject: row.subject, now };
    },
    async revokeOthers(call) {
      const now = call.now ?? clock();
      const others = liveRows(call.tenant, call.subject, now).filter(({ id }) => id !== call.keep);
      for (const row of others) {
        rows.set({ ...row, revokedAt: now, revokeReason: 'revoked' });
        revokeEntry(row, now);
      }
      const { tenant, subject: actor, keep: target } = call;
      record(call.audit, now, { tenant, actor, action: 'session.revoke_others', target });
      return { revoked: others.map(({ id }) => id), now };
    },
    async list(call) {
      const now = call.now ?? clock();
      const live = liveRows(call.tenant, call.subject, now);
      const from = (call.page - 1) * call.pageSize;
      return {
        items: live.slice(from, from + call.pageSize).map(sessionView),
        total: Math.min(live.length, MOST_COUNTED),
        totalIsCapped: live.length > MOST_COUNTED,
        now,
      };
    },
  };
}

const signIn = { action: 'user.login', targetKind: 'subject', outcome: 'success', meta: null } as const;

/** Totals stop counting here, so that a subject with very many sessions costs what others cost. */
const MOST_COUNTED = 1_000;
