import { memoryAuditStore } from '../audit/memory-audit-store.ts';
import { type Principal, Problem } from '../http/index.ts';
import { createStoreClock, noOrigin, type Origin, StoreUnavailableError, uuidv7Generator } from '../kernel/index.ts';
import { createRevocations, memoryRevocationStore, type RevocationStore } from '../revocation/index.ts';
import {
  type AccessCheck,
  type AccessTokens,
  createAccessTokens,
  createKeyring,
  generateKeys,
} from '../tokens/index.ts';
import { createAccessCheck } from './access-check.ts';
import { createSessions } from './create-sessions.ts';
import { localRevocations } from './local-revocations.ts';
import { type MemorySessionStore, memorySessionStore } from './memory-session-store.ts';
import { type MemorySubjectStore, memorySubjectStore } from './memory-subject-store.ts';
import { createPeppers, generatePepper } from './peppers.ts';
import { askStore } from './session-parts.ts';
import { type SessionOptions, sessionSettings } from './session-settings.ts';
import type { SessionStore } from './session-store.ts';
import type { IssuedTokens, RefreshAnswer, RefreshRequest, Sessions, StartRequest } from './sessions.ts';
import { createSubjects, type Subjects } from './subjects.ts';

/** A moment in 2026, at which every world begins. */
export const T0: number = Date.UTC(2026, 0, 5, 12);
export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
/** C of a world that says nothing else. */
export const C = 10_000;

/** How a process is configured. */
export interface ProcessOptions {
  readonly peppers?: string;
  readonly settings?: SessionOptions;
  readonly maxStalenessMs?: number;
  /** How far its wall clock is ahead of the stores'. */
  readonly skewMs?: number;
  readonly auditRefreshes?: boolean;
  readonly stalled?: (arrivedAt: number) => boolean;
}

/** One process of an app: its own memory, over the world's stores. */
export interface SessionProcess {
  readonly sessions: Sessions;
  readonly subjects: Subjects;
  readonly check: AccessCheck;
  readonly accessTokens: AccessTokens;
  /** Names of the facts it told, in order; `facts` has all of them. */
  told(): readonly string[];
  readonly facts: readonly { readonly name: string; readonly fact: object }[];
  /** How often it called the session store or the strict check. */
  calls(): number;
  /** Calls of the use verb. */
  uses(): number;
  /** Brings in what other processes revoked, as the feed does every second. */
  poll(): Promise<void>;
  start(change?: Partial<StartRequest>): Promise<IssuedTokens>;
  refresh(token: string, change?: Partial<RefreshRequest>): Promise<RefreshAnswer>;
  /** Presents an access token: `ok`, or the code of the problem. */
  present(accessToken: string, change?: { readonly tenant?: string; readonly strict?: boolean }): Promise<string>;
}

/** Stores in memory, a clock that stands still, and the processes that work with them. */
export interface SessionWorld {
  /** Moves the clock on by ms. */
  pass(ms: number): void;
  now(): number;
  process(options?: ProcessOptions): SessionProcess;
  /** True: every verb rejects, as with a store that is away. */
  away: boolean;
  /** Stands between processes and stores: sees each verb, may call it twice, late, or not at all. */
  between: ((verb: string, call: () => Promise<unknown>) => Promise<unknown>) | undefined;
  readonly store: MemorySessionStore;
  readonly subjectStore: MemorySubjectStore;
  /** Actions of the audit rows so far, oldest first. */
  trail(): Promise<readonly string[]>;
  /** User agents of the audit rows. */
  userAgents(): Promise<readonly (string | null)[]>;
}

/** The same in every world, so that its bytes can be looked for. */
export const PEPPER: string = generatePepper(1);

/** Sets up a world with a subject `alice` in the tenants `''` and `t2`. */
export async function sessionWorld(): Promise<SessionWorld> {
  let now = T0;
  const clock = (): number => now;
  const audit = memoryAuditStore({ clock });
  const revocations = memoryRevocationStore({ clock, truth: (question) => store.truth(question) });
  const subjectStore = memorySubjectStore({ clock, audit, revocations });
  const store = memorySessionStore({ clock, subjects: subjectStore, audit, revocations });
  const keys = await generateKeys('HS256');
  const keyring = await createKeyring(keys);
  for (const tenant of ['', 't2'])
    subjectStore.write({ tenant, id: 'alice', authEpoch: 0, claimsEpoch: 0, tier: null, disabledAt: null });

  const world: SessionWorld = {
    pass(ms) {
      now += ms;
    },
    now: clock,
    away: false,
    between: undefined,
    store,
    subjectStore,
    async trail() {
      const { events } = await audit.query({ tenant: '', limit: 100 });
      return events.map(({ action }) => action).reverse();
    },
    async userAgents() {
      const { events } = await audit.query({ tenant: '', limit: 100 });
      return events.map(({ origin }) => origin.userAgent);
    },
    process: (options = {}) => process(options),
  };

  /** Every verb of a port, counted, and refused while the world's stores are away. */
  const through = <P extends object>(port: P, count: (verb: string) => void): P =>
    new Proxy(port, {
      get(target, name, receiver) {
        const verb: unknown = Reflect.get(target, name, receiver);
        if (typeof verb !== 'function') return verb;
        return async (...given: unknown[]) => {
          count(String(name));
          if (world.away) throw new StoreUnavailableError('memory', 'away');
          const call = (): Promise<unknown> => verb.apply(target, given);
          return world.between ? world.between(String(name), call) : call();
        };
      },
    });

  function process(options: ProcessOptions): SessionProcess {
    const verbs: string[] = [];
    const facts: { name: string; fact: object }[] = [];
    const wall = (): number => now + (options.skewMs ?? 0);
    const makeId = uuidv7Generator(wall);
    const storeClock = createStoreClock(wall);
    const sessionStore: SessionStore = through<SessionStore>(store, (verb) => verbs.push(verb));
    const feed: RevocationStore = through<RevocationStore>(revocations, () => undefined);
    const strict: RevocationStore = through<RevocationStore>(revocations, (verb) => verbs.push(verb));
    const knowledge = createRevocations({ store: feed, clock: wall, monotonic: clock, storeClock });
    const accessTokens = createAccessTokens({ keyring, issuer: 'https://a.test', audience: 'https://a.test', makeId });
    const settings = sessionSettings(options.settings);
    const common = { clock: wall, makeId, knowledge, storeClock, settings, accessTokens };
    const tell = (name: string, fact: object): void => {
      facts.push({ name, fact });
    };
    const sessions = createSessions({
      ...common,
      store: sessionStore,
      subjects: through(subjectStore, () => undefined),
      peppers: createPeppers(options.peppers ?? PEPPER),
      defaultTier: 'free',
      tell,
      monotonic: clock,
      stallGate: { refuses: options.stalled ?? (() => false) },
      auditRefreshes: options.auditRefreshes ?? true,
    });
    const check = createAccessCheck({
      ...common,
      audience: 'https://a.test',
      store: sessionStore,
      revocationStore: strict,
      maxStalenessMs: options.maxStalenessMs ?? 2_000,
      tell,
    });
    return {
      sessions,
      check,
      accessTokens,
      subjects: createSubjects({
        store: through(subjectStore, () => undefined),
        revocations: localRevocations(knowledge),
        ask: askStore(storeClock, wall),
        makeId,
      }),
      facts,
      told: () => facts.map(({ name }) => name),
      calls: () => verbs.length,
      uses: () => verbs.filter((verb) => verb === 'use').length,
      async poll() {
        await knowledge.start();
        await knowledge.stop();
      },
      start: (change = {}) => sessions.start({ subject: 'alice', origin: HOME, ...change }),
      refresh: (token, change = {}) =>
        sessions.refresh({
          token,
          tenant: '',
          transport: 'bearer',
          origin: HOME,
          arrivedAt: now,
          gone: () => false,
          ...change,
        }),
      async present(accessToken, { tenant = '', strict: isStrict = false } = {}) {
        try {
          await check(accessToken, { tenant, strict: isStrict, origin: () => HOME });
          return 'ok';
        } catch (error) {
          if (error instanceof Problem) return error.code;
          if (error instanceof StoreUnavailableError) return 'unavailable';
          throw error;
        }
      },
    };
  }
  return world;
}

export const HOME: Origin = { ...noOrigin, ip: '192.0.2.1', userAgent: 'home/1' };
export const ELSEWHERE: Origin = { ...noOrigin, ip: '198.51.100.7', userAgent: 'elsewhere/1' };

/** The tokens of an answer; an answer without any fails the test. */
export function tokensOf(answer: RefreshAnswer): IssuedTokens {
  if (answer.answer !== 'tokens') throw new Error(`expected tokens, got ${answer.answer} ${answer.outcome}`);
  return answer.tokens;
}

/** Who an access token of a session speaks for, as a guard would find out. */
export function principalFor({ session }: IssuedTokens): Pick<Principal, 'tenant' | 'subject' | 'sessionId'> {
  return { tenant: session.tenant, subject: session.subject, sessionId: session.sessionId };
}
