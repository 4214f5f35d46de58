import type { AccountStore } from '@castellan/core/accounts';
import type { AuditStore } from '@castellan/core/audit';
import type { RevocationStore } from '@castellan/core/revocation';
import type { SessionStore, SubjectStore } from '@castellan/core/sessions';

/** The stores of one process, over one set of data: what a session's verb writes, the audit and the feed tell. */
export interface StoreSet {
  readonly sessions: SessionStore;
  readonly subjects: SubjectStore;
  readonly accounts: AccountStore;
  readonly audit: AuditStore;
  readonly revocations: RevocationStore;
}

/** Changes that no verb makes, for the rows of the state table that are reached in no other way. */
export interface StoreAlterations {
  /** Binds a session to the key with this thumbprint. */
  bindKey(sessionId: string, jkt: string): Promise<void>;
  /** Disables a subject without moving its epoch, as somebody's own SQL might. */
  disableQuietly(tenant: string, subject: string): Promise<void>;
}

/**
 * What the cases run against. Cases share the data: each makes tenants, subjects and ids of its own, leaves them
 * behind, and may run beside others.
 */
export interface StoreHarness {
  /**
   * Three processes, or more: each its own client or pool, all over the same data. A store that lives in one process
   * is given three times.
   */
  readonly instances: readonly [StoreSet, StoreSet, StoreSet, ...StoreSet[]];
  /** Rounds of each racing case; default 200. */
  readonly rounds?: number;
  /**
   * Holds a session's row as a slow transaction would, until the answer is called. Left out where verbs cannot wait
   * for each other; the cases about waiting then say nothing.
   */
  holdSession?(sessionId: string): Promise<() => Promise<void>>;
  /**
   * Moves the clock of this process, not the store's, until the answer is called; {@link skewDate} does it. Left out
   * where the process's clock is the store's.
   */
  skewAppClock?(offsetMs: number): () => void;
  /** Left out, the cases that need it say nothing. */
  readonly alter?: StoreAlterations;
}
