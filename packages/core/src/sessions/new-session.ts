import { equalBytes } from '../kernel/index.ts';
import { bytesOf, type SessionRow } from './session-row.ts';
import type { StartCall } from './session-store.ts';
import type { Subject } from './subject-store.ts';

/** The row of a session that begins. */
export function newSession(call: StartCall, subject: Subject, now: number): SessionRow {
  const expiresAt = now + call.absoluteMs;
  return {
    id: call.sessionId,
    tenant: call.tenant,
    subject: call.subject,
    userEpoch: subject.authEpoch,
    generation: 0,
    leaf: { kid: call.leaf.kid, hash: bytesOf(call.leaf.hash), nonce: null },
    leafAt: now,
    confirmedAt: null,
    parentHash: null,
    attemptHash: null,
    replays: 0,
    foreignReplay: false,
    sharing: 0,
    createdAt: now,
    lastUsedAt: now,
    idleExpiresAt: Math.min(now + call.idleMs, expiresAt),
    expiresAt,
    revokedAt: null,
    revokeReason: null,
    transport: call.transport,
    popJkt: null,
    aal: call.aal,
    amr: [...call.amr],
    authTime: now,
    ip: call.origin.ip,
    userAgent: call.origin.userAgent,
  };
}

/** Whether a row is what the same start made before, with nothing done to it since. */
export function isSameStart(known: SessionRow, fresh: SessionRow): boolean {
  return (
    known.tenant === fresh.tenant &&
    known.subject === fresh.subject &&
    known.userEpoch === fresh.userEpoch &&
    known.generation === 0 &&
    known.revokedAt === null &&
    equalBytes(known.leaf.hash, fresh.leaf.hash)
  );
}

/** Gives a session that stays a new leaf, by its id: part of a password change. */
export interface Restamp {
  readonly tenant: string;
  readonly sessionId: string;
  readonly leaf: { readonly kid: number; readonly hash: Uint8Array };
  /** Idle life by assurance level 1–3, ms. */
  readonly idleMs: readonly [number, number, number];
  /** Unix ms. */
  readonly now: number;
}

/**
 * The row after a re-stamp. Without a parent nothing that was issued before can rotate it, and nothing is mistaken for
 * reuse either: another tab's old token is `superseded`.
 */
export function restamped(row: SessionRow, subject: Subject, call: Restamp): SessionRow {
  return {
    ...row,
    userEpoch: subject.authEpoch,
    generation: row.generation + 1,
    leaf: { kid: call.leaf.kid, hash: bytesOf(call.leaf.hash), nonce: null },
    leafAt: call.now,
    lastUsedAt: call.now,
    confirmedAt: null,
    parentHash: null,
    attemptHash: null,
    idleExpiresAt: Math.min(call.now + call.idleMs[(row.aal - 1) as 0 | 1 | 2], row.expiresAt),
  };
}
