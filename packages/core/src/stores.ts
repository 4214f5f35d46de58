import type { AccountStore } from './accounts/account-store.ts';
import type { AuditStore } from './audit/audit-store.ts';
import type { LimitStore } from './limits/limit-store.ts';
import type { RevocationStore } from './revocation/revocation-store.ts';
import type { SessionStore } from './sessions/session-store.ts';
import type { SubjectStore } from './sessions/subject-store.ts';

/** What a family of stores wants done at start, stop and health checks. `postgresStores` brings one as `postgres`. */
export interface StoreService {
  readonly name: string;
  /** Checks that the stores can serve (schema version, isolation, …) and starts their housekeeping. */
  start(): Promise<void>;
  /** Stops the housekeeping and closes what the family itself opened; never the caller's own client. */
  stop(): Promise<void>;
  /** Resolves when the backend answers. */
  health(): Promise<void>;
}

/**
 * The ports, by name, as a store factory gives them: `{ ...postgresStores(pool) }`.
 * @typeParam Tx the transaction that `onAccountCreated` is given
 */
export interface Stores<Tx = unknown> {
  readonly sessions: SessionStore;
  readonly subjects: SubjectStore;
  readonly revocations: RevocationStore;
  readonly audit: AuditStore;
  /** Left out: the account endpoints aren't mounted (an app with its own users table). */
  readonly accounts?: AccountStore<Tx>;
  /** Left out: counted in each process for itself. */
  readonly limits?: LimitStore;
  readonly postgres?: StoreService;
  readonly memory?: StoreService;
}

/** The families' services among the stores. */
export function storeServices(stores: Pick<Stores, 'postgres' | 'memory'>): readonly StoreService[] {
  return [stores.postgres, stores.memory].filter((service) => service !== undefined);
}

/** @throws TypeError naming a port that nobody gave and everything needs */
export function checkStores(stores: Pick<Stores, 'sessions' | 'subjects' | 'revocations' | 'audit'>): void {
  for (const port of ['sessions', 'subjects', 'revocations', 'audit'] as const)
    if (typeof stores?.[port] !== 'object')
      throw new TypeError(`stores.${port} is missing: postgresStores(pool) or memoryStores() brings all of them`);
}
