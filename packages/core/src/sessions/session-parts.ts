import { type AuditStamp, safeOrigin } from '../audit/index.ts';
import {
  type Clock,
  type MakeId,
  type Moment,
  type MonotonicClock,
  monotonicClock,
  type Origin,
  type StoreClock,
} from '../kernel/index.ts';
import type { LocalRevocations } from './local-revocations.ts';
import type { RefreshTokens } from './refresh-token.ts';
import type { TellSession } from './session-events.ts';
import type { SessionSettings } from './session-settings.ts';
import type { SessionStore } from './session-store.ts';
import type { Issue } from './session-tokens.ts';
import type { StallGate } from './stall-gate.ts';
import type { SubjectStore } from './subject-store.ts';

/** What the verbs of this slice share. */
export interface SessionParts {
  readonly store: SessionStore;
  readonly subjects: SubjectStore;
  readonly settings: SessionSettings;
  readonly refreshTokens: RefreshTokens;
  readonly issue: Issue;
  readonly revocations: LocalRevocations;
  readonly tell: TellSession;
  readonly ask: AskStore;
  readonly stamp: MakeStamp;
  readonly makeId: MakeId;
  readonly monotonic: MonotonicClock;
  readonly stallGate: Pick<StallGate, 'refuses'>;
  /** False: ordinary refreshes write no audit row. */
  readonly auditRefreshes: boolean;
}

/** Calls a verb and learns the store's clock from its answer. */
export type AskStore = <T>(verb: () => Promise<T>, nowOf: (answer: T) => number | undefined) => Promise<T>;

/** Makes the {@link AskStore} of a process. */
export function askStore(storeClock: StoreClock, clock: Clock, monotonic: MonotonicClock = monotonicClock): AskStore {
  const moment = (): Moment => ({ wall: clock(), monotonic: monotonic() });
  return async (verb, nowOf) => {
    const sent = moment();
    const answer = await verb();
    const storeNow = nowOf(answer);
    if (storeNow !== undefined) storeClock.observe(storeNow, sent, moment());
    return answer;
  };
}

/** Stamps a verb with the id of its audit row and with an origin that holds no secret. */
export type MakeStamp = (origin: Origin) => AuditStamp;

/** Makes the {@link MakeStamp} of a process. */
export function makeStamp(makeId: MakeId): MakeStamp {
  return (origin) => ({ id: makeId(), origin: safeOrigin(origin) });
}
