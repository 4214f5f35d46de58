import {
  type Clock,
  type MakeId,
  type MonotonicClock,
  monotonicClock,
  type RandomBytes,
  randomBytes,
  type StoreClock,
  systemClock,
  uuidv7Generator,
} from '../kernel/index.ts';
import type { RevocationKnowledge } from '../revocation/index.ts';
import type { AccessTokens } from '../tokens/index.ts';
import { endVerbs } from './end-sessions.ts';
import { listVerb } from './list-sessions.ts';
import { localRevocations } from './local-revocations.ts';
import type { Peppers } from './peppers.ts';
import { refreshVerb } from './refresh-session.ts';
import { createRefreshTokens } from './refresh-token.ts';
import type { TellSession } from './session-events.ts';
import { askStore, makeStamp, type SessionParts } from './session-parts.ts';
import type { SessionSettings } from './session-settings.ts';
import type { SessionStore } from './session-store.ts';
import { createIssuer, type ScopesQuestion } from './session-tokens.ts';
import type { Sessions } from './sessions.ts';
import type { StallGate } from './stall-gate.ts';
import { startVerbs } from './start-session.ts';
import type { SubjectStore } from './subject-store.ts';

/** What {@link createSessions} is made from. */
export interface SessionsOptions {
  readonly store: SessionStore;
  readonly subjects: SubjectStore;
  readonly peppers: Peppers;
  readonly accessTokens: Pick<AccessTokens, 'issue'>;
  /** The map of revocations that access checks of this process read. */
  readonly knowledge: Pick<RevocationKnowledge, 'apply'>;
  readonly storeClock: StoreClock;
  /** From `sessionSettings`. */
  readonly settings: SessionSettings;
  /** Tier in tokens of a subject that has none. */
  readonly defaultTier: string;
  /** Scopes of an access token, asked at each issue. Default none. */
  readonly scopesOf?: (question: ScopesQuestion) => readonly string[] | Promise<readonly string[]>;
  /** Where facts go. Default nowhere. */
  readonly tell?: TellSession;
  /** Default never refuses. */
  readonly stallGate?: Pick<StallGate, 'refuses'>;
  /** False: ordinary refreshes write no audit row. Default true. */
  readonly auditRefreshes?: boolean;
  readonly clock?: Clock;
  readonly monotonic?: MonotonicClock;
  readonly random?: RandomBytes;
  readonly makeId?: MakeId;
}

/** Makes the verbs of sessions over their store. Opens nothing. */
export function createSessions(options: SessionsOptions): Sessions {
  const { settings, random = randomBytes, clock = systemClock, monotonic = monotonicClock } = options;
  const makeId = options.makeId ?? uuidv7Generator(clock, random);
  const parts: SessionParts = {
    store: options.store,
    subjects: options.subjects,
    settings,
    refreshTokens: createRefreshTokens(options.peppers, random),
    issue: createIssuer({ ...options, random }),
    revocations: localRevocations(options.knowledge),
    tell: options.tell ?? (() => undefined),
    ask: askStore(options.storeClock, clock, monotonic),
    stamp: makeStamp(makeId),
    makeId,
    monotonic,
    stallGate: options.stallGate ?? { refuses: () => false },
    auditRefreshes: options.auditRefreshes ?? true,
  };
  return {
    settings,
    ...startVerbs(parts),
    ...endVerbs(parts),
    refresh: refreshVerb(parts, random),
    list: listVerb(parts),
  };
}
