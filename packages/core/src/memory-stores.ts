import type { AccountStore } from './accounts/account-store.ts';
import { memoryAccountStore } from './accounts/memory-account-store.ts';
import { type MemoryAuditStore, memoryAuditStore } from './audit/memory-audit-store.ts';
import type { Clock } from './kernel/index.ts';
import { type MemoryRevocationStore, memoryRevocationStore } from './revocation/memory-revocation-store.ts';
import { type MemorySessionStore, memorySessionStore } from './sessions/memory-session-store.ts';
import { type MemorySubjectStore, memorySubjectStore } from './sessions/memory-subject-store.ts';
import type { StoreService, Stores } from './stores.ts';

/** Every port in memory, over one state. */
export interface MemoryStores extends Stores<undefined> {
  readonly sessions: MemorySessionStore;
  readonly subjects: MemorySubjectStore;
  readonly revocations: MemoryRevocationStore;
  readonly audit: MemoryAuditStore;
  readonly accounts: AccountStore<undefined>;
  readonly memory: StoreService;
}

/**
 * Stores for tests and for a single process that may forget: every port, over one state, so that a verb writes its
 * audit and revocation rows in the same synchronous step. They keep what happens until the process ends.
 *
 * @param options.clock the stores' clock; a call's own `now` overrides it
 */
export function memoryStores(options: { readonly clock?: Clock } = {}): MemoryStores {
  const audit = memoryAuditStore(options);
  const revocations = memoryRevocationStore({ ...options, truth: (question) => sessions.truth(question) });
  const subjects = memorySubjectStore({ ...options, audit, revocations });
  const sessions: MemorySessionStore = memorySessionStore({ ...options, subjects, audit, revocations });
  const accounts = memoryAccountStore({ ...options, subjects, sessions, audit, revocations });
  return { sessions, subjects, accounts, revocations, audit, memory: nothingToServe };
}

const nothingToServe: StoreService = {
  name: 'memory',
  async start() {},
  async stop() {},
  async health() {},
};
