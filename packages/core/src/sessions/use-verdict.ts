import { equalBytes } from '../kernel/index.ts';
import type { SessionRow } from './session-row.ts';
import type { UseCall, UseOutcome } from './session-store.ts';
import type { Subject } from './subject-store.ts';

/** What the first use of an access token comes to. */
export type UseVerdict = UseOutcome['outcome'];

/** Decides one first use from the locked row, the subject and the call. First match wins. */
export type DecideUse = (row: SessionRow | undefined, subject: Subject | undefined, call: UseCall) => UseVerdict;

/** The use verb of docs/sessions.md. */
export const useVerdict: DecideUse = (row, subject, call) => {
  if (row?.tenant !== call.tenant || row.subject !== call.subject || !subject) return 'unknown';
  const behind = row.generation - call.generation;
  if (call.userEpoch !== subject.authEpoch || row.revokedAt !== null) return 'revoked';
  if (behind === 0 && isPrefix(call.leafPrefix, row.leaf.hash)) return 'accept';
  if (behind === 1 && row.parentHash !== null && isPrefix(call.leafPrefix, row.parentHash)) return 'accept';
  if (behind > 0 && row.parentHash === null) return 'superseded';
  // Two instances of one generation are in use: one of them was displaced, so two parties hold this session.
  if (behind === 0 || behind === 1) return 'displaced';
  return behind < 0 ? 'ahead' : 'superseded';
};

function isPrefix(prefix: Uint8Array, hash: Uint8Array): boolean {
  return equalBytes(prefix, hash.subarray(0, 8));
}
