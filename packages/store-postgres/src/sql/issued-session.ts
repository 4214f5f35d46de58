import type { Aal, IssuedSession, Leaf } from '@castellan/core/sessions';
import { readBytes, readBytesOrNull, readInt, readMs, readText, readTextOrNull } from '../driver/columns.ts';

/** The columns from which every verb that answers a session makes it. */
export interface IssuedRow {
  readonly id: unknown;
  readonly tenant: unknown;
  readonly subject: unknown;
  readonly user_epoch: unknown;
  readonly claims_epoch: unknown;
  readonly tier: unknown;
  readonly aal: unknown;
  readonly gen: unknown;
  readonly expires_at: unknown;
  readonly now: unknown;
}

/** The columns of the stored leaf. */
export interface LeafRow {
  readonly leaf_kid: unknown;
  readonly leaf_hash: unknown;
  readonly leaf_nonce: unknown;
}

/** The session of a row, with the leaf that it has now. */
export function readIssued(row: IssuedRow, leaf: Leaf): IssuedSession {
  return {
    sessionId: readText(row.id),
    tenant: readText(row.tenant),
    subject: readText(row.subject),
    userEpoch: readInt(row.user_epoch),
    claimsEpoch: readInt(row.claims_epoch),
    tier: readTextOrNull(row.tier),
    aal: readAal(row.aal),
    generation: readInt(row.gen),
    leaf,
    expiresAt: readMs(row.expires_at),
    now: readMs(row.now),
  };
}

/** The leaf as it is stored. */
export function readLeaf(row: LeafRow): Leaf {
  return { kid: readInt(row.leaf_kid), hash: readBytes(row.leaf_hash), nonce: readBytesOrNull(row.leaf_nonce) };
}

/** Levels other than 1–3 are never written. */
export function readAal(value: unknown): Aal {
  const aal = readInt(value);
  if (aal === 1 || aal === 2 || aal === 3) return aal;
  throw new TypeError(`expected an assurance level 1–3, not ${aal}`);
}
