import { createHash } from 'node:crypto';
import { type Audit, createAppRegistry, createAudit, memoryAuditStore } from '../audit/index.ts';
import { createStoreClock, type Origin, uuidv7Generator } from '../kernel/index.ts';
import { createRevocationMap, memoryRevocationStore, type RevocationMap } from '../revocation/index.ts';
import {
  createPeppers,
  createSessions,
  generatePepper,
  memorySessionStore,
  memorySubjectStore,
  type Sessions,
  type SubjectStore,
  sessionSettings,
} from '../sessions/index.ts';
import type { AccountEvents } from './account-events.ts';
import type { AccountsParts } from './account-parts.ts';
import type { SignedIn } from './account-requests.ts';
import type { AccountStore } from './account-store.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { parseArgon2, workOf } from './argon2-parameters.ts';
import { type Email, parseEmail } from './email.ts';
import type { GatePass } from './hashing-gate.ts';
import { memoryAccountStore } from './memory-account-store.ts';
import { type Argon2, createPasswordHasher, type PasswordHasherParts } from './password-hasher.ts';

/** The moment at which a scene stands, Unix ms. */
export const T0: number = Date.UTC(2026, 0, 5, 12);
export const HOME: Origin = { ip: '192.0.2.1', userAgent: 'home/1', requestId: 'request-1' };
export const PASSWORD = 'correct horse battery staple';

/** Accounts on stores in memory, with a hash that costs nothing and counts what it would have cost. */
export interface AccountScene {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly store: AccountStore<undefined>;
  readonly subjects: SubjectStore;
  readonly audit: Audit;
  readonly knowledge: RevocationMap;
  /** What was told, in order: name and fact. */
  readonly facts: readonly (readonly [string, object])[];
  /** What went through the gate since the last look: for each pass the work (KiB × passes) of each Argon2 in it. */
  readonly passes: () => readonly (readonly number[])[];
  readonly register: (email?: string, password?: string) => Promise<SignedIn>;
  readonly login: (email: string, password: string, pass?: GatePass) => Promise<SignedIn>;
  /** The audit rows, oldest first, as `action outcome reason`. */
  readonly trail: () => Promise<readonly string[]>;
  readonly disable: (id: string) => Promise<void>;
}

/** What a scene may have otherwise. */
export interface SceneChange {
  readonly hasher?: Partial<PasswordHasherParts>;
  readonly store?: (store: AccountStore<undefined>) => AccountStore<undefined>;
  readonly onAccountCreated?: AccountsParts<undefined>['onAccountCreated'];
}

/** Sets a scene. */
export function accountScene(change: SceneChange = {}): AccountScene {
  const clock = (): number => T0;
  const ledger = memoryAuditStore({ clock });
  const revocations = memoryRevocationStore({ clock });
  const subjects = memorySubjectStore({ clock, audit: ledger, revocations });
  const sessionStore = memorySessionStore({ clock, subjects, audit: ledger, revocations });
  const memory = memoryAccountStore({ clock, subjects, sessions: sessionStore, audit: ledger, revocations });
  const store = change.store?.(memory) ?? memory;
  const makeId = uuidv7Generator(clock);
  const knowledge = createRevocationMap({ now: clock, monotonic: () => 0 });
  const audit = createAudit({ store: ledger, makeId, registry: createAppRegistry() });
  const sessions = createSessions({
    store: sessionStore,
    subjects,
    peppers: createPeppers(generatePepper()),
    accessTokens: { issue: async ({ sessionId, userEpoch }) => `${sessionId} ${userEpoch}` },
    knowledge,
    storeClock: createStoreClock(clock),
    settings: sessionSettings(),
    defaultTier: 'free',
    clock,
    makeId,
  });

  let passes: number[][] = [];
  const gate: PasswordHasherParts['gate'] = {
    load: { running: 0, waiting: 0 },
    ensureRoom: () => undefined,
    async run(work) {
      passes.push([]);
      return work();
    },
  };
  const argon2 = countingArgon2((work) => passes.at(-1)?.push(work));
  const facts: [string, object][] = [];
  const accounts = createAccounts({
    store,
    sessions,
    audit,
    hasher: createPasswordHasher({ gate, argon2, ...change.hasher }),
    makeId,
    tell: (name: keyof AccountEvents, fact: object) => facts.push([name, fact]),
    onAccountCreated: change.onAccountCreated,
  });

  return {
    accounts,
    sessions,
    store,
    subjects,
    audit,
    knowledge,
    facts,
    passes() {
      const seen = passes;
      passes = [];
      return seen;
    },
    register: (email = 'ada@example.com', password = PASSWORD) =>
      accounts.register({ tenant: '', email: address(email), password, origin: HOME }),
    login: (email, password, pass = {}) =>
      accounts.login({ tenant: '', email: address(email), password, origin: HOME, pass }),
    async trail() {
      const { events } = await ledger.query({ tenant: '', limit: 100 });
      const line = (one: (typeof events)[number]): string =>
        [one.action, one.outcome, ...(one.meta ? [one.meta['reason']] : [])].join(' ');
      return events.toReversed().map(line);
    },
    async disable(id) {
      await subjects.disable({ tenant: '', id, actor: null, audit: audit.stamp(HOME) });
    },
  };
}

/** A text that is known to be an address. */
export function address(typed: string): Email {
  const email = parseEmail(typed);
  if (!email) throw new Error(`${typed} is no e-mail address`);
  return email;
}

/** Hashes of Argon2's form made by SHA-256; `count` is told the work that the parameters ask for. */
export function countingArgon2(count: (work: number) => void): Argon2 {
  let salts = 0;
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');
  const digest = (salt: string, password: string): string =>
    base64(createHash('sha256').update(`${salt} ${password}`).digest());
  return {
    async hash(password, parameters) {
      count(workOf(parameters));
      const salt = base64(Buffer.from(String(++salts).padStart(16, '0')));
      const { memoryKiB, passes, parallelism } = parameters;
      return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${salt}$${digest(salt, password)}`;
    },
    async verify(stored, password) {
      const parameters = parseArgon2(stored);
      if (!parameters) throw new Error(`not a hash of Argon2: ${stored}`);
      count(workOf(parameters));
      const [salt = '', hash] = stored.split('$').slice(4);
      return digest(salt, password) === hash;
    },
  };
}
