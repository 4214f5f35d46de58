/** What a revocation is about. */
export type RevocationKind = 'jti' | 'session' | 'auth_epoch' | 'claims_epoch';

/** One revocation. Applying it twice, or in any order, gives the same knowledge. */
export interface Revocation {
  readonly tenant: string;
  readonly kind: RevocationKind;
  /** A `jti`, a session id, or a subject. */
  readonly key: string;
  /** For epochs: tokens whose claim is lower are dead (`auth_epoch`) or stale (`claims_epoch`). */
  readonly epoch: number | null;
  /** Unix ms; after it no token it concerns can live. */
  readonly expiresAt: number;
}

/** What one poll brought. */
export interface RevocationBatch {
  readonly entries: readonly Revocation[];
  /** To be given back at the next poll. Opaque. */
  readonly cursor: string;
  /** The store's clock, Unix ms; `undefined` where the store has none of its own. */
  readonly now: number | undefined;
  /** True when `entries` are all live revocations rather than the news: first poll, or the store went back in time. */
  readonly seeded: boolean;
}

/** Asked of the truth, for one token. */
export interface RevocationQuestion {
  readonly tenant: string;
  readonly subject: string;
  readonly sessionId: string;
  readonly jti: string;
}

/** The truth about one token's session and subject. */
export type RevocationTruth =
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'revoked' }
  | {
      readonly outcome: 'live';
      readonly authEpoch: number;
      readonly claimsEpoch: number;
      readonly disabled: boolean;
    };

/** The feed of revocations and the strict check. Sessions and subjects write it inside their own verbs. */
export interface RevocationStore {
  /**
   * All revocations written since the poll that gave `cursor`, possibly with some that were seen before; never
   * misses one, however late its transaction commits. `null` seeds.
   */
  poll(cursor: string | null): Promise<RevocationBatch>;
  /** One read of the truth by primary key. */
  check(question: RevocationQuestion): Promise<RevocationTruth>;
}
