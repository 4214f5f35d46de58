import type { Aal, IssuedSession, Leaf, SessionView, Transport } from './session-store.ts';
import type { Subject } from './subject-store.ts';

/** Why a session ended before its time. */
export type RevokeReason = 'reuse' | 'expired' | 'idle' | 'logout' | 'revoked';

/**
 * All that a store knows of one session: one row, which never grows. A row is a value; a verb replaces it by another.
 * All times are Unix ms of the store's clock.
 */
export interface SessionRow {
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  /** The subject's `authEpoch` when the session was made or last re-stamped; the session lives while they are equal. */
  readonly userEpoch: number;
  readonly generation: number;
  /** What the one token that can rotate this session hashes to. */
  readonly leaf: Leaf;
  /** Birth of this instance of the leaf: anchor of C and L. A replay never moves it. */
  readonly leafAt: number;
  /** First use of the leaf: its access token's, or its own. */
  readonly confirmedAt: number | null;
  /** The leaf of the generation before; `null` in generation 0 and after a re-stamp. */
  readonly parentHash: Uint8Array | null;
  /** Of the attempt that made the leaf. */
  readonly attemptHash: Uint8Array | null;
  /** Replays and re-issues in this generation. */
  readonly replays: number;
  /** In this generation somebody at another address or with another user agent replayed. */
  readonly foreignReplay: boolean;
  /** Generations running with a foreign replay. */
  readonly sharing: number;
  readonly createdAt: number;
  /** The last answer that carried a new value (rotate, replay, reissue): anchor of `keep` and `busy`. */
  readonly lastUsedAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  readonly revokeReason: RevokeReason | null;
  readonly transport: Transport;
  /** Thumbprint of the key that the session is bound to (RFC 9449 section 6). */
  readonly popJkt: string | null;
  readonly aal: Aal;
  readonly amr: readonly string[];
  readonly authTime: number;
  /** Of the last rotation. */
  readonly ip: string | null;
  /** Of the last rotation. */
  readonly userAgent: string | null;
}

/** Whether the session could refresh now. The list shows these, and only these can be revoked. */
export function isLive(row: SessionRow, subject: Subject, now: number): boolean {
  return (
    row.revokedAt === null &&
    row.userEpoch === subject.authEpoch &&
    subject.disabledAt === null &&
    now < row.idleExpiresAt &&
    now < row.expiresAt
  );
}

/** What tokens are made from, of the row as it is now. Shares no bytes with it. */
export function issuedSession(row: SessionRow, subject: Subject, now: number): IssuedSession {
  const { kid, hash, nonce } = row.leaf;
  return {
    sessionId: row.id,
    tenant: row.tenant,
    subject: row.subject,
    userEpoch: row.userEpoch,
    claimsEpoch: subject.claimsEpoch,
    tier: subject.tier,
    aal: row.aal,
    generation: row.generation,
    leaf: { kid, hash: bytesOf(hash), nonce: nonce && bytesOf(nonce) },
    expiresAt: row.expiresAt,
    now,
  };
}

/** A copy. (`slice` of a Buffer would share the memory.) */
export function bytesOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The row as its owner may see it. */
export function sessionView(row: SessionRow): SessionView {
  const { id, createdAt, lastUsedAt, idleExpiresAt, expiresAt, aal, ip, userAgent } = row;
  return { id, createdAt, lastUsedAt, idleExpiresAt, expiresAt, aal, ip, userAgent };
}
