import type { AccountStore } from './accounts/account-store.ts';
import { memoryAccountStore } from './accounts/memory-account-store.ts';
import { type MemoryAuditStore, memoryAuditStore } from './audit/memory-audit-store.ts';
import type { Clock } from './kernel/index.ts';
import { type MemoryLimitStore, memoryLimitStore } from './limits/memory-limit-store.ts';
import { type MemoryRevocationStore, memoryRevocationStore } from './revocation/memory-revocation-store.ts';
import { type MemorySessionStore, memorySessionStore } from './sessions/memory-session-store.ts';
import { type MemorySubjectStore, memorySubjectStore } from './sessions/memory-subject-store.ts';
import type { StoreService, Stores } from './stores.ts';

/** What {@link memoryStores} takes. */
export interface MemoryStoresOptions {
  /** The stores' clock; a call's own `now` overrides it. */
  readonly clock?: Clock;
  /** `'allowed'`: a production start doesn't refuse them. */
  readonly production?: 'allowed';
}

/** Every port in memory, over one state. */
export interface MemoryStores extends Stores<undefined> {
  readonly sessions: MemorySessionStore;
  readonly subjects: MemorySubjectStore;
  readonly revocations: MemoryRevocationStore;
  readonly audit: MemoryAuditStore;
  readonly accounts: AccountStore<undefined>;
  readonly limits: MemoryLimitStore;
  readonly memory: StoreService;
}

/**
 * Stores for tests and for a single process that may forget: every port, over one state, so that a verb writes its
 * audit and revocation rows in the same synchronous step. They keep what happens until the process ends.
 *
 * `castellan.start()` refuses them where `NODE_ENV` is `production`: a restart would sign everybody out.
 */
export function memoryStores({ production, ...options }: MemoryStoresOptions = {}): MemoryStores {
  const audit = memoryAuditStore(options);
  const revocations = memoryRevocationStore({ ...options, truth: (question) => sessions.truth(question) });
  const subjects = memorySubjectStore({ ...options, audit, revocations });
  const sessions: MemorySessionStore = memorySessionStore({ ...options, subjects, audit, revocations });
  const accounts = memoryAccountStore({ ...options, subjects, sessions, audit, revocations });
  const { clock } = options;
  const limits = memoryLimitStore(clock && { now: () => Math.floor(clock() * 1000) });
  return { sessions, subjects, accounts, revocations, audit, limits, memory: memoryService(production === 'allowed') };
}

function memoryService(allowed: boolean): StoreService {
  return {
    name: 'memory',
    async start() {
      if (process.env['NODE_ENV'] === 'production' && !allowed)
        throw new TypeError(
          "stores: memoryStores() forgets everything at a restart, so a start in production refuses it; use postgresStores, or memoryStores({ production: 'allowed' })",
        );
    },
    async stop() {},
    async health() {},
  };
}
