import type { Revocation } from './revocation-store.ts';

/** What of a token a revocation can hit. */
export interface RevocationSubject {
  readonly tenant: string;
  readonly subject: string;
  readonly sessionId: string;
  readonly jti: string;
  /** Claim `ue`. */
  readonly userEpoch: number;
  /** Claim `ce`. */
  readonly claimsEpoch: number;
}

/** What this process knows of revocations. A question costs map look-ups, no I/O. */
export interface RevocationKnowledge {
  /** Adds what this process's own verbs did, or what a poll brought. Idempotent. */
  apply(entries: readonly Revocation[]): void;
  /** `revoked`: dead. `stale`: its claims are old, a refresh brings true ones. */
  verdict(token: RevocationSubject): 'live' | 'revoked' | 'stale';
  /**
   * How old the knowledge of what *others* did is: ms since the last good poll was sent, on the larger of the monotonic
   * and the wall clock; `Infinity` before the first.
   *
   * @param wall Unix ms, the process's own clock now, where it was read already
   */
  ageMs(wall?: number): number;
}
