import { equalBytes } from '../kernel/index.ts';
import type { SessionRow } from './session-row.ts';
import type { RefreshCall, RefreshLater, RefreshRefusal, RefreshSuccess } from './session-store.ts';
import type { Subject } from './subject-store.ts';

/** What a refresh comes to. */
export type RefreshVerdict = RefreshSuccess | RefreshLater | RefreshRefusal;

/** Decides one refresh from the locked row, the subject, the call and the moment, and from nothing else. */
export type DecideRefresh = (
  row: SessionRow | undefined,
  subject: Subject | undefined,
  call: RefreshCall,
  now: number,
) => RefreshVerdict;

/** What a rule of the table looks at. */
export interface RefreshFacts {
  readonly row: SessionRow;
  readonly subject: Subject;
  readonly call: RefreshCall;
  readonly now: number;
  /** An authentic token of this generation or a later, earlier one. */
  readonly age: 'ahead' | 'current' | 'previous' | 'older';
  /** The presented token is the leaf. */
  readonly isLeaf: boolean;
  /** The presented token is the one that was exchanged for the leaf's generation. */
  readonly isParent: boolean;
  /** The leaf was made without an attempt key, or by the very attempt that is presented. */
  readonly sameAttempt: boolean;
  /** C counted from the leaf's birth: its answer may be lost or under way. */
  readonly leafIsYoung: boolean;
  /** C counted from the last answer, a replay's too. */
  readonly answerIsYoung: boolean;
  /** L counted from the leaf's birth. */
  readonly mayReissue: boolean;
}

/** One row of the state table. */
export interface RefreshRule {
  readonly verdict: RefreshVerdict;
  readonly when: (facts: RefreshFacts) => boolean;
}

/**
 * The state table of docs/sessions.md for a row that was found in time: first match wins, and what no rule claims is
 * `reuse`. A store whose snapshot of the subject may be older than the row asks once more where this one, which has
 * no snapshots, says `revoked` to a newer epoch.
 */
export const refreshTable: readonly RefreshRule[] = [
  { verdict: 'revoked', when: ({ row }) => row.revokedAt !== null },
  { verdict: 'revoked', when: ({ row, subject }) => row.userEpoch !== subject.authEpoch },
  { verdict: 'user_disabled', when: ({ subject }) => subject.disabledAt !== null },
  { verdict: 'expired', when: ({ row, now }) => now >= row.expiresAt },
  { verdict: 'idle', when: ({ row, now }) => now >= row.idleExpiresAt },
  { verdict: 'pop_mismatch', when: ({ row, call }) => row.popJkt !== null && row.popJkt !== call.jkt },
  { verdict: 'ahead', when: ({ age }) => age === 'ahead' }, // the store was restored: no evidence of theft
  // A young leaf isn't spent: an honest client that is told to keep it has lost nothing, a thief has won nothing.
  { verdict: 'keep', when: (f) => f.isLeaf && f.row.generation > 0 && f.answerIsYoung && f.sameAttempt },
  { verdict: 'busy', when: (f) => f.isLeaf && f.row.generation > 0 && f.answerIsYoung },
  { verdict: 'rotate', when: ({ isLeaf }) => isLeaf },
  { verdict: 'reuse', when: ({ age }) => age === 'current' }, // authentic but not the leaf: displaced by a re-issue
  { verdict: 'superseded', when: ({ row }) => row.parentHash === null }, // re-stamped by a password change
  { verdict: 'again', when: (f) => f.isParent && equalBytes(f.call.successor.hash, f.row.leaf.hash) },
  { verdict: 'replay', when: (f) => f.isParent && f.sameAttempt && f.leafIsYoung },
  { verdict: 'busy', when: (f) => f.isParent && f.answerIsYoung },
  { verdict: 'reissue', when: (f) => f.isParent && f.row.confirmedAt === null && f.mayReissue }, // the answer was lost
];

/** Reads a state table. */
export function decideBy(table: readonly RefreshRule[]): DecideRefresh {
  return (row, subject, call, now) => {
    if (row?.tenant !== call.tenant || row.transport !== call.transport || !subject) return 'unknown';
    if (call.budgetMs <= 0) return 'deadline';
    const facts = factsOf(row, subject, call, now);
    return table.find(({ when }) => when(facts))?.verdict ?? 'reuse';
  };
}

/** The verdict on one refresh. */
export const refreshVerdict: DecideRefresh = decideBy(refreshTable);

function factsOf(row: SessionRow, subject: Subject, call: RefreshCall, now: number): RefreshFacts {
  const behind = row.generation - call.generation;
  const age = behind < 0 ? 'ahead' : behind === 0 ? 'current' : behind === 1 ? 'previous' : 'older';
  return {
    row,
    subject,
    call,
    now,
    age,
    isLeaf: age === 'current' && equalBytes(call.hash, row.leaf.hash),
    isParent: age === 'previous' && row.parentHash !== null && equalBytes(call.hash, row.parentHash),
    sameAttempt:
      row.attemptHash === null || (call.attemptHash !== null && equalBytes(call.attemptHash, row.attemptHash)),
    leafIsYoung: now < row.leafAt + call.graceMs,
    answerIsYoung: now < row.lastUsedAt + call.graceMs,
    mayReissue: call.reissueMs === null || now < row.leafAt + call.reissueMs,
  };
}
