import type { MemoryAuditStore } from '../audit/index.ts';
import { type Clock, systemClock } from '../kernel/index.ts';
import { type MemoryRevocationStore, REVOCATION_LIFE_MS } from '../revocation/index.ts';
import type { MemorySessionStore, MemorySubjectStore } from '../sessions/index.ts';
import type { Account, AccountStore, CreateAccountCall, CreateAccountOutcome, Credential } from './account-store.ts';

/** What a {@link memoryAccountStore} stands on. */
export interface MemoryAccountOptions {
  readonly clock?: Clock;
  readonly subjects: MemorySubjectStore;
  readonly sessions: MemorySessionStore;
  readonly audit: MemoryAuditStore;
  readonly revocations: MemoryRevocationStore;
}

/** An account's columns; tier and activity are its subject's. */
interface AccountRow {
  readonly id: string;
  readonly tenant: string;
  readonly email: string;
  readonly emailKey: string;
  readonly passwordHash: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly bio: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Accounts in memory. `within` is given `undefined` for a transaction: there is none to write into. */
export function memoryAccountStore(options: MemoryAccountOptions): AccountStore<undefined> {
  const { clock = systemClock, subjects, sessions, audit, revocations } = options;
  const rows = new Map<string, AccountRow>();
  const idByEmail = new Map<string, string>();
  /** Addresses of accounts whose `within` is running: a second one waits for the first, as at a unique index. */
  const pending = new Map<string, Promise<void>>();

  const find = (tenant: string, id: string | undefined): AccountRow | undefined => {
    const row = id === undefined ? undefined : rows.get(id);
    return row?.tenant === tenant ? row : undefined;
  };
  const credentialOf = (row: AccountRow | undefined): Credential | undefined => {
    const subject = row && subjects.get(row.tenant, row.id);
    if (!subject) return undefined;
    const account = accountOf(row, subject.tier, subject.disabledAt === null);
    return { account, passwordHash: row.passwordHash, authEpoch: subject.authEpoch };
  };
  const record = (call: Pick<CreateAccountCall, 'tenant' | 'id' | 'audit'>, at: number, action: string): void => {
    const { tenant, id, audit: stamp } = call;
    const target = { targetKind: 'subject', target: id } as const;
    const { origin } = stamp;
    audit.write({ id: stamp.id, at, tenant, actor: id, action, ...target, outcome: 'success', origin, meta: null });
  };

  /** Everything becomes visible in this one step, or nothing. */
  const commit = (call: CreateAccountCall, row: AccountRow): CreateAccountOutcome => {
    const { id, tenant, tier } = call;
    subjects.write({ tenant, id, authEpoch: 0, claimsEpoch: 0, tier, disabledAt: null });
    rows.set(id, row);
    idByEmail.set(emailKeyOf(call), id);
    record(call, row.createdAt, 'user.register');
    return startFirst(call, accountOf(row, tier, true), row.createdAt);
  };
  const startFirst = (call: CreateAccountCall, account: Account, now: number): CreateAccountOutcome => {
    const fence = { tenant: call.tenant, subject: call.id, authEpoch: 0, audit: null, now };
    const started = sessions.startNow({ ...call.session, ...fence });
    return started.outcome === 'started'
      ? { outcome: 'created', account, session: started.session }
      : { outcome: 'email_taken' };
  };

  return {
    async create(call, within) {
      const key = emailKeyOf(call);
      while (pending.has(key)) await pending.get(key);
      const now = call.now ?? clock();
      const takenBy = credentialOf(find(call.tenant, idByEmail.get(key)));
      if (takenBy) {
        // The same call again, because its answer was lost.
        if (takenBy.account.id === call.id) return startFirst(call, takenBy.account, now);
        return { outcome: 'email_taken' };
      }
      const row = newAccount(call, now);
      if (!within) return commit(call, row);
      const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
      pending.set(key, settled);
      try {
        await within(accountOf(row, call.tier, true), undefined);
        return commit(call, row);
      } finally {
        pending.delete(key);
        settle();
      }
    },
    async credentialByEmail(tenant, emailKey) {
      return credentialOf(find(tenant, idByEmail.get(emailKeyOf({ tenant, emailKey }))));
    },
    async credentialById(tenant, id) {
      return credentialOf(find(tenant, id));
    },
    async read(tenant, id) {
      return credentialOf(find(tenant, id))?.account;
    },
    async update(call) {
      const now = call.now ?? clock();
      const row = find(call.tenant, call.id);
      if (!row) return undefined;
      const { displayName = row.displayName, avatarUrl = row.avatarUrl, bio = row.bio } = call.patch;
      const after = { ...row, displayName, avatarUrl, bio, updatedAt: now };
      rows.set(row.id, after);
      record(call, now, 'user.update');
      return credentialOf(after)?.account;
    },
    async rehash({ tenant, id, from, to }) {
      const row = find(tenant, id);
      if (row?.passwordHash !== from) return false;
      rows.set(id, { ...row, passwordHash: to });
      return true;
    },
    async changePassword(call) {
      const { tenant, accountId: id, sessionId, leaf, idleMs, passwordHash } = call;
      const now = call.now ?? clock();
      const row = find(tenant, id);
      const subject = subjects.get(tenant, id);
      const fenced = subject?.authEpoch !== call.authEpoch || !sessions.isLive(tenant, id, sessionId, now);
      if (!row || fenced) {
        // The same call again, because its answer was lost.
        const before = row && sessions.restampedBefore({ tenant, sessionId, leaf, idleMs, now });
        return before?.subject === id ? { outcome: 'changed', session: before } : { outcome: 'refused' };
      }
      const authEpoch = subject.authEpoch + 1;
      subjects.write({ ...subject, authEpoch });
      const session = sessions.restamp({ tenant, sessionId, leaf, idleMs, now });
      if (!session) return { outcome: 'refused' };
      rows.set(id, { ...row, passwordHash, updatedAt: now });
      revocations.write({ tenant, kind: 'auth_epoch', key: id, epoch: authEpoch, expiresAt: now + REVOCATION_LIFE_MS });
      record({ tenant, id, audit: call.audit }, now, 'user.change_password');
      return { outcome: 'changed', session };
    },
  };
}

function newAccount(call: CreateAccountCall, now: number): AccountRow {
  const { id, tenant, email, emailKey, passwordHash, displayName } = call;
  const empty = { avatarUrl: null, bio: null };
  return { id, tenant, email, emailKey, passwordHash, displayName, ...empty, createdAt: now, updatedAt: now };
}

function accountOf(row: AccountRow, tier: string | null, isActive: boolean): Account {
  const { id, tenant, email, displayName, avatarUrl, bio, createdAt, updatedAt } = row;
  const own = { id, tenant, email, username: null, tier, displayName, avatarUrl, bio };
  return { ...own, isActive, isEmailVerified: false, createdAt, updatedAt };
}

/** No tenant contains NUL. */
function emailKeyOf({ tenant, emailKey }: { readonly tenant: string; readonly emailKey: string }): string {
  return `${tenant}\0${emailKey}`;
}
