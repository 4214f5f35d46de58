import type { RefreshVerdict } from './refresh-verdict.ts';
import { bytesOf, type SessionRow } from './session-row.ts';
import type { RefreshCall } from './session-store.ts';

/** Changes the row as a verdict demands. */
export type ApplyRefresh = (row: SessionRow, verdict: RefreshVerdict, call: RefreshCall, now: number) => SessionRow;

/** The row after a refresh: the column *change* of the state table. A row that nothing changed comes back as it is. */
export const applyRefresh: ApplyRefresh = (row, verdict, call, now) => {
  switch (verdict) {
    case 'rotate':
      return {
        ...freshLeaf(row, call, now),
        generation: row.generation + 1,
        parentHash: row.leaf.hash,
        replays: 0,
        sharing: row.foreignReplay ? oneMore(row.sharing) : 0,
        foreignReplay: false,
        ip: call.origin.ip,
        userAgent: call.origin.userAgent,
      };
    case 'reissue':
      return { ...freshLeaf(row, call, now), replays: oneMore(row.replays) };
    case 'replay':
      return {
        ...row,
        replays: oneMore(row.replays),
        foreignReplay: row.foreignReplay || row.ip !== call.origin.ip || row.userAgent !== call.origin.userAgent,
        ...answered(row, call, now), // leaf and leafAt stay: a replay never moves the window that it was let in by
      };
    case 'keep':
      return { ...row, confirmedAt: row.confirmedAt ?? now };
    case 'reuse':
    case 'expired':
    case 'idle':
      return { ...row, revokedAt: now, revokeReason: verdict };
    case 'again':
    case 'busy':
    case 'deadline':
    case 'unknown':
    case 'revoked':
    case 'user_disabled':
    case 'pop_mismatch':
    case 'ahead':
    case 'superseded':
      return row;
  }
};

function freshLeaf(row: SessionRow, call: RefreshCall, now: number): SessionRow {
  const { kid, hash, nonce } = call.successor;
  return {
    ...row,
    leaf: { kid, hash: bytesOf(hash), nonce: bytesOf(nonce) },
    leafAt: now,
    confirmedAt: null,
    attemptHash: call.attemptHash && bytesOf(call.attemptHash),
    ...answered(row, call, now),
  };
}

function answered(row: SessionRow, call: RefreshCall, now: number): Pick<SessionRow, 'lastUsedAt' | 'idleExpiresAt'> {
  return { lastUsedAt: now, idleExpiresAt: Math.min(now + call.idleMs[(row.aal - 1) as 0 | 1 | 2], row.expiresAt) };
}

/** Stops at what a `smallint` holds. */
function oneMore(count: number): number {
  return Math.min(count + 1, 32_767);
}
