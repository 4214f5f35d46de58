import type { AuditStamp } from '../audit/audit-store.ts';
import type { Origin } from '../kernel/index.ts';

/** How a session's tokens travel. A session is made for one transport and refuses the other. */
export type Transport = 'bearer' | 'cookie';

/** Authenticator assurance level (NIST SP 800-63B section 4): which lifetimes apply. */
export type Aal = 1 | 2 | 3;

/** The keyed hash of a refresh token's secret, and what its successor is derived with. Never the secret itself. */
export interface Leaf {
  /** Which pepper, 0–255. */
  readonly kid: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  /** 32 random bytes; `null` for generation 0 and after a re-stamp. */
  readonly nonce: Uint8Array | null;
}

/** Makes a session. */
export interface StartCall {
  /** UUIDv7, made by the library: a repeated call writes one session. */
  readonly sessionId: string;
  readonly tenant: string;
  readonly subject: string;
  /**
   * The fence: `authEpoch` as it was when the credential was checked. A reset or log-out everywhere in between makes
   * the start `refused`. `null` where nothing was checked against the store.
   */
  readonly authEpoch: number | null;
  readonly leaf: { readonly kid: number; readonly hash: Uint8Array };
  readonly transport: Transport;
  readonly aal: Aal;
  /** Authentication methods (RFC 8176): `pwd`, … */
  readonly amr: readonly string[];
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly origin: Origin;
  /** `null`: no audit row (the verb that calls writes one of its own). */
  readonly audit: AuditStamp | null;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** What tokens are made from. All times are the store's. */
export interface IssuedSession {
  readonly sessionId: string;
  readonly tenant: string;
  readonly subject: string;
  /** Claim `ue`. */
  readonly userEpoch: number;
  /** Claim `ce`. */
  readonly claimsEpoch: number;
  readonly tier: string | null;
  readonly aal: Aal;
  /** Generation of the token that is answered. Claim `g`. */
  readonly generation: number;
  /** The leaf of that generation, as it is stored now. */
  readonly leaf: Leaf;
  /** End of the session's absolute life, Unix ms. */
  readonly expiresAt: number;
  /** The store's clock in this verb, Unix ms: `iat`. */
  readonly now: number;
}

/** `refused`: no such subject, disabled, or the fence moved. */
export type StartOutcome =
  | { readonly outcome: 'started'; readonly session: IssuedSession }
  | { readonly outcome: 'refused' };

/** One presentation of an authentic refresh token (its tag was checked before; I8). */
export interface RefreshCall {
  readonly tenant: string;
  readonly sessionId: string;
  readonly transport: Transport;
  /** Of the presented token. */
  readonly generation: number;
  /** Keyed hash of the presented token's secret, 32 bytes. */
  readonly hash: Uint8Array;
  /** The successor, chosen before the call, so that the same call again is recognised (`again`). */
  readonly successor: Leaf & { readonly nonce: Uint8Array };
  /** Keyed hash of the client's attempt key, 32 bytes. */
  readonly attemptHash: Uint8Array | null;
  /** Thumbprint of the key that signed the request's proof of possession. */
  readonly jkt: string | null;
  /** C, ms. 0: off. */
  readonly graceMs: number;
  /** L, ms. 0: off; `null`: unlimited. */
  readonly reissueMs: number | null;
  /** Idle life by assurance level 1–3, ms. */
  readonly idleMs: readonly [number, number, number];
  /** Milliseconds left until nobody waits for the answer. Compared with the store's own waiting, never with a clock of the app. */
  readonly budgetMs: number;
  readonly origin: Origin;
  /** `ordinary: false`: `rotate` and `keep` write no audit row; everything else always does. */
  readonly audit: AuditStamp & { readonly ordinary: boolean };
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** Refreshes that are answered with tokens. */
export type RefreshSuccess = 'rotate' | 'keep' | 'replay' | 'reissue' | 'again';
/** Refreshes that are to be tried later; nothing was changed. */
export type RefreshLater = 'busy' | 'deadline';
/** Refreshes that are refused. */
export type RefreshRefusal =
  | 'unknown'
  | 'revoked'
  | 'user_disabled'
  | 'expired'
  | 'idle'
  | 'pop_mismatch'
  | 'ahead'
  | 'superseded'
  | 'reuse';

/** The state table of docs/sessions.md, first match wins. */
export type RefreshOutcome =
  | { readonly outcome: RefreshSuccess; readonly session: IssuedSession; readonly sharing: number }
  | { readonly outcome: RefreshLater }
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: 'expired' | 'idle';
      /** Whether the presented token is the leaf: its holder may be told that the session's time is over. */
      readonly current: boolean;
      readonly subject: string;
      /** The store's clock, Unix ms. */
      readonly now: number;
    }
  | {
      readonly outcome: Exclude<RefreshRefusal, 'unknown' | 'expired' | 'idle'>;
      readonly subject: string;
      /** The store's clock, Unix ms. */
      readonly now: number;
    };

/** First use of an access token. */
export interface UseCall {
  readonly tenant: string;
  readonly subject: string;
  readonly sessionId: string;
  /** Claim `g`. */
  readonly generation: number;
  /** Claim `lf`: the first 8 bytes of the leaf's hash. */
  readonly leafPrefix: Uint8Array;
  /** Claim `ue`. */
  readonly userEpoch: number;
  /** For the audit row of a detected reuse. */
  readonly audit: AuditStamp;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/**
 * `accept`: the token is of the leaf (now confirmed) or of its parent. `displaced`: a token of an instance that was
 * re-issued; the session is revoked by this very call. `ahead`: the store went back in time. All but the first refuse.
 */
export type UseOutcome =
  | { readonly outcome: 'accept'; readonly claimsEpoch: number; readonly now: number }
  | { readonly outcome: 'unknown' | 'revoked' | 'superseded' | 'displaced' | 'ahead'; readonly now: number };

/** Why a single session ends. */
export type RevokeAction = 'user.logout' | 'session.revoke';

/** Ends one session. */
export interface RevokeCall {
  readonly tenant: string;
  readonly sessionId: string;
  /** The owner; a session of somebody else is `not_found`. `null`: whoever it belongs to (an authentic refresh token was shown). */
  readonly owner: string | null;
  /** When given, a session of the other transport is `not_found`. */
  readonly transport: Transport | null;
  readonly action: RevokeAction;
  readonly audit: AuditStamp;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** `not_found`: missing, foreign or over already; the same for all three. */
export type RevokeOutcome =
  | { readonly outcome: 'revoked'; readonly subject: string; readonly now: number }
  | { readonly outcome: 'not_found' };

/** Ends all sessions of a subject but one. */
export interface RevokeOthersCall {
  readonly tenant: string;
  readonly subject: string;
  /** The session that stays. */
  readonly keep: string;
  readonly audit: AuditStamp;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** A session as its owner may see it; the slice coarsens times and masks the address. */
export interface SessionView {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Unix ms. */
  readonly lastUsedAt: number;
  /** Unix ms. */
  readonly idleExpiresAt: number;
  /** Unix ms. */
  readonly expiresAt: number;
  readonly aal: Aal;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Asks for a page of a subject's live sessions. */
export interface ListCall {
  readonly tenant: string;
  readonly subject: string;
  /** From 1. */
  readonly page: number;
  /** 1–100. */
  readonly pageSize: number;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** Newest first. `total` stops counting at 1,000 (`totalIsCapped`). */
export interface SessionPage {
  readonly items: readonly SessionView[];
  readonly total: number;
  readonly totalIsCapped: boolean;
  /** The store's clock, Unix ms. */
  readonly now: number;
}

/**
 * Where sessions live. One verb is one atomic step: the store decides and writes, under the row's lock, with the clock
 * read after the wait. A verb rejects with `StoreUnavailableError` only.
 */
export interface SessionStore {
  start(call: StartCall): Promise<StartOutcome>;
  /** The state table. Writes audit, revocation and session in one step. */
  refresh(call: RefreshCall): Promise<RefreshOutcome>;
  /** First use of an access token; confirms the leaf. */
  use(call: UseCall): Promise<UseOutcome>;
  revoke(call: RevokeCall): Promise<RevokeOutcome>;
  /** The ids that were ended. Audit `session.revoke_others`, one row. */
  revokeOthers(call: RevokeOthersCall): Promise<{ readonly revoked: readonly string[]; readonly now: number }>;
  /** Sessions that could refresh now, newest first. */
  list(call: ListCall): Promise<SessionPage>;
}
