import { createHash } from 'node:crypto';
import { memoryAuditStore } from '../audit/memory-audit-store.ts';
import { type Origin, toBase64url, uuidv7Generator } from '../kernel/index.ts';
import { memoryRevocationStore } from '../revocation/index.ts';
import { type MemorySessionStore, memorySessionStore, type SessionRules } from './memory-session-store.ts';
import { type MemorySubjectStore, memorySubjectStore } from './memory-subject-store.ts';
import type { SessionRow } from './session-row.ts';
import type { RefreshCall, RefreshOutcome, StartCall, UseCall, UseOutcome } from './session-store.ts';

/** C of the scene's calls, ms. */
export const C = 10_000;
/** Idle lives by assurance level, ms. */
export const IDLE: readonly [number, number, number] = [1_000_000, 500_000, 250_000];
/** Absolute life, ms. */
export const ABSOLUTE = 3_000_000;
/** The moment of a scene's start, Unix ms. */
export const T0: number = Date.UTC(2026, 0, 5, 12);

const HOME: Origin = { ip: '192.0.2.1', userAgent: 'home/1', requestId: 'r1' };
export const ELSEWHERE: Origin = { ip: '198.51.100.7', userAgent: 'elsewhere/1', requestId: 'r2' };

/** What a step may say beside the token; `at` is ms after the scene's start. */
type RefreshChange = Partial<Omit<RefreshCall, 'now' | 'attemptHash'>> & {
  readonly at?: number;
  /** The client's attempt key. */
  readonly attempt?: string;
};

/** One session of one subject, and its tokens by name. `R0` is what the start gave. */
export interface SessionScene {
  readonly sessions: MemorySessionStore;
  readonly subjects: MemorySubjectStore;
  readonly sessionId: string;
  readonly origin: Origin;
  /** Presents a token; where a new one is minted, it bears the name `mints`. */
  refresh(token: string, mints: string, change?: RefreshChange): Promise<RefreshOutcome>;
  /** The call that presents a token. */
  call(token: string, mints: string, change?: RefreshChange): RefreshCall;
  /** The outcome alone. */
  step(token: string, mints: string, change?: RefreshChange): Promise<RefreshOutcome['outcome']>;
  /** A step on the way to where a case begins. @throws SceneNotReached when it comes to something else */
  given(token: string, mints: string, outcome: RefreshOutcome['outcome'], change?: RefreshChange): Promise<void>;
  /** The access token that was issued together with a refresh token. */
  use(token: string, change?: Partial<UseCall> & { readonly at?: number }): Promise<UseOutcome['outcome']>;
  revoke(at?: number): Promise<void>;
  /** The name of the token that an answer holds. */
  held(outcome: RefreshOutcome): string | undefined;
  row(): SessionRow;
  alter(columns: Partial<SessionRow>): void;
  /** Disables the subject without moving its epoch, as an app that writes the table itself may. */
  disable(): void;
  /** A password change that keeps this session; its new token is called `name`. */
  restamp(name: string, at: number): void;
  /** The audit rows since the start, oldest first, as `action outcome result`. */
  trail(): Promise<readonly string[]>;
  /** How many revocations of this session the feed holds. */
  revocations(): Promise<number>;
  start(change?: Partial<StartCall>): Promise<string>;
}

/** The way to a case is not open under the rules that are given: the case says nothing of them. */
export class SceneNotReached extends Error {}

/** Sets a scene on stores in memory that go by the given rules. */
export async function sessionScene(rules: Partial<SessionRules> = {}): Promise<SessionScene> {
  const clock = (): number => T0;
  const audit = memoryAuditStore({ clock });
  const revocations = memoryRevocationStore({ clock });
  const subjects = memorySubjectStore({ clock, audit, revocations });
  const sessions = memorySessionStore({ clock, subjects, audit, revocations, rules });
  const makeId = uuidv7Generator(clock);
  const names = new Map<string, string>(); // by hash
  const generations = new Map<string, number>(); // by name
  const stamp = (origin: Origin) => ({ id: makeId(), origin });
  const hashOf = (name: string): Uint8Array => createHash('sha256').update(name).digest();
  const remember = (name: string, generation: number): Uint8Array => {
    const hash = hashOf(name);
    names.set(toBase64url(hash), name);
    generations.set(name, generation);
    return hash;
  };
  subjects.write({ tenant: 't', id: 'alice', authEpoch: 0, claimsEpoch: 0, tier: null, disabledAt: null });

  const start = async (change: Partial<StartCall> = {}): Promise<string> => {
    const sessionId = makeId();
    await sessions.start({
      sessionId,
      tenant: 't',
      subject: 'alice',
      authEpoch: null,
      leaf: { kid: 1, hash: remember('R0', 0) },
      transport: 'bearer',
      aal: 1,
      amr: ['pwd'],
      idleMs: IDLE[0],
      absoluteMs: ABSOLUTE,
      origin: HOME,
      audit: null,
      now: T0,
      ...change,
    });
    return sessionId;
  };
  const sessionId = await start();

  const callOf: SessionScene['call'] = (token, mints, { at = 0, attempt, ...change } = {}) => {
    const origin = change.origin ?? HOME;
    return {
      tenant: 't',
      sessionId,
      transport: 'bearer',
      generation: generations.get(token) ?? 0,
      hash: hashOf(token),
      successor: { kid: 2, hash: hashOf(mints), nonce: hashOf(`nonce of ${mints}`) },
      attemptHash: attempt === undefined ? null : hashOf(attempt),
      jkt: null,
      graceMs: C,
      reissueMs: null,
      idleMs: IDLE,
      budgetMs: 4_000,
      origin,
      audit: { ...stamp(origin), ordinary: true },
      now: T0 + at,
      ...change,
    };
  };
  const refresh: SessionScene['refresh'] = async (token, mints, change) => {
    const outcome = await sessions.refresh(callOf(token, mints, change));
    if ('session' in outcome && outcome.session.leaf.hash.every((byte, i) => byte === hashOf(mints)[i]))
      remember(mints, outcome.session.generation);
    return outcome;
  };
  const row = (): SessionRow => {
    const found = sessions.row(sessionId);
    if (!found) throw new TypeError('the scene has lost its session');
    return found;
  };

  return {
    sessions,
    subjects,
    sessionId,
    origin: HOME,
    start,
    call: callOf,
    refresh,
    step: async (...args) => (await refresh(...args)).outcome,
    async given(token, mints, expected, change) {
      const { outcome } = await refresh(token, mints, change);
      if (outcome !== expected) throw new SceneNotReached(`${token} came to ${outcome}, not ${expected}`);
    },
    async use(token, { at = 0, ...change } = {}) {
      const used = await sessions.use({
        tenant: 't',
        subject: 'alice',
        sessionId,
        generation: generations.get(token) ?? 0,
        leafPrefix: hashOf(token).subarray(0, 8),
        userEpoch: 0,
        audit: stamp(HOME),
        now: T0 + at,
        ...change,
      });
      return used.outcome;
    },
    async revoke(at = 0) {
      const call = { tenant: 't', sessionId, owner: 'alice', transport: null, audit: stamp(HOME), now: T0 + at };
      await sessions.revoke({ ...call, action: 'user.logout' });
    },
    held: (outcome) => ('session' in outcome ? names.get(toBase64url(outcome.session.leaf.hash)) : undefined),
    row,
    alter: (columns) => sessions.alter(sessionId, columns),
    disable() {
      const subject = subjects.get('t', 'alice');
      if (subject) subjects.write({ ...subject, disabledAt: T0 });
    },
    restamp(name, at) {
      const subject = subjects.get('t', 'alice');
      if (subject) subjects.write({ ...subject, authEpoch: subject.authEpoch + 1 });
      const hash = remember(name, row().generation + 1);
      sessions.restamp({ tenant: 't', sessionId, leaf: { kid: 1, hash }, idleMs: IDLE, now: T0 + at });
    },
    async trail() {
      const { events } = await audit.query({ tenant: 't', limit: 100 });
      return events
        .toReversed()
        .map(({ action, outcome, meta }) => [action, outcome, meta?.['result']].join(' ').trim());
    },
    async revocations() {
      const { entries } = await revocations.poll('0');
      return entries.filter(({ kind, key }) => kind === 'session' && key === sessionId).length;
    },
  };
}
