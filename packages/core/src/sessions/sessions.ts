import type { Principal } from '../http/index.ts';
import type { Origin } from '../kernel/index.ts';
import type { SessionSettings } from './session-settings.ts';
import type {
  Aal,
  IssuedSession,
  RefreshLater,
  RefreshRefusal,
  RefreshSuccess,
  StartCall,
  Transport,
} from './session-store.ts';

/** What a client gets. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Life of the access token in seconds. */
  readonly expiresInSeconds: number;
  /** Equal to the one presented when the outcome was `keep`: then there is nothing to store. */
  readonly refreshToken: string;
  /** What the session has left unless it is used, in seconds. */
  readonly refreshExpiresInSeconds: number;
  readonly session: IssuedSession;
}

/** A session about to be made inside another slice's atomic verb. */
export interface PreparedStart {
  /** Goes into the verb. */
  readonly call: Omit<StartCall, 'tenant' | 'subject' | 'authEpoch' | 'audit' | 'now'>;
  /** Makes the tokens, once the verb has answered. Tells `session.started`. */
  issue(session: IssuedSession): Promise<IssuedTokens>;
}

/** A re-stamp of a session inside another slice's atomic verb (password change). */
export interface PreparedRestamp {
  readonly leaf: { readonly kid: number; readonly hash: Uint8Array };
  readonly idleMs: readonly [number, number, number];
  /** Makes the tokens, once the verb has answered. What the bump of the epoch killed is dead in this process at once. */
  issue(session: IssuedSession): Promise<IssuedTokens>;
}

/** How a session is to be. */
export interface SessionWish {
  /** Default `bearer`. */
  readonly transport?: Transport;
  /** Authentication methods (RFC 8176). Default none. */
  readonly amr?: readonly string[];
  /** Assurance level: selects the lifetimes. Default 1. */
  readonly aal?: Aal;
  readonly origin: Origin;
}

/** Asks for a session. Whoever asks has checked the credential. */
export interface StartRequest extends SessionWish {
  /** 1–255 characters. */
  readonly subject: string;
  /** Default `''`. */
  readonly tenant?: string;
  /** The subject's epoch when the credential was checked; when it moved since, the start is refused. */
  readonly authEpoch?: number | null;
}

/** One presentation of a refresh token. */
export interface RefreshRequest {
  /** As it came: anything. */
  readonly token: string;
  readonly tenant: string;
  /** How the token came. */
  readonly transport: Transport;
  /** The client's attempt key, 16–64 characters: the same for a request and its retries. */
  readonly attempt?: string | undefined;
  readonly origin: Origin;
  /** Monotonic ms at which the request was read; the deadline counts from here. */
  readonly arrivedAt: number;
  /** Whether the client's connection is closed: then nothing may be spent. */
  gone(): boolean;
}

/**
 * `tokens`: to be answered. `later`: nothing was changed; `gone`, `stalled` and `deadline` also without a word to the
 * store. `refused`: `malformed` never reached the store, `exhausted` is the last generation that can be counted.
 */
export type RefreshAnswer =
  | { readonly answer: 'tokens'; readonly outcome: RefreshSuccess; readonly tokens: IssuedTokens }
  | {
      readonly answer: 'later';
      readonly outcome: RefreshLater | 'stalled' | 'gone';
      readonly retryAfterSeconds: number;
    }
  | { readonly answer: 'refused'; readonly outcome: 'expired' | 'idle'; readonly current: boolean }
  | {
      readonly answer: 'refused';
      readonly outcome: Exclude<RefreshRefusal, 'expired' | 'idle'> | 'malformed' | 'exhausted';
    };

/** Who asks about its own sessions, by which session, from where. */
export interface OwnerRequest {
  readonly principal: Pick<Principal, 'tenant' | 'subject' | 'sessionId'>;
  readonly origin: Origin;
}

/** Ends a session by what the client still holds of it. */
export interface LogoutRequest {
  readonly tenant: string;
  readonly transport: Transport;
  /** Of a live access token. */
  readonly principal?: Pick<Principal, 'subject' | 'sessionId'> | undefined;
  /** Of an access token that is authentic but dead: no authority, yet it must name the same session. */
  readonly deadSessionId?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly origin: Origin;
}

/** A session as its owner sees it, without telling the moment of a refresh. Times are Unix ms. */
export interface OwnSession {
  readonly id: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly userAgent: string | null;
  /** The network: /24 or /48. */
  readonly ip: string | null;
  readonly isCurrent: boolean;
}

/** A page of them, newest first. */
export interface OwnSessionPage {
  readonly items: readonly OwnSession[];
  readonly total: number;
  readonly totalIsCapped: boolean;
}

/** Sessions: the logic over the store. Every verb rejects with `StoreUnavailableError` when the store is away. */
export interface Sessions {
  readonly settings: SessionSettings;
  prepareStart(wish: SessionWish): PreparedStart;
  prepareRestamp(sessionId: string): PreparedRestamp;
  /**
   * Makes a session.
   * @throws Problem `invalid_credentials` when the subject is unknown or disabled, or its epoch moved
   * @throws TypeError when the subject is no text of 1–255 characters
   */
  start(request: StartRequest): Promise<IssuedTokens>;
  refresh(request: RefreshRequest): Promise<RefreshAnswer>;
  /**
   * Ends the session that the tokens name; nothing happens when they are dead.
   * @throws Problem `validation_failed` when they name two sessions
   */
  logout(request: LogoutRequest): Promise<void>;
  /** Ends everything of the subject, access tokens too. */
  logoutAll(request: OwnerRequest): Promise<void>;
  list(request: OwnerRequest & { readonly page: number; readonly pageSize: number }): Promise<OwnSessionPage>;
  /** @throws Problem `not_found` for a missing, foreign or ended session, the same for all three */
  revoke(request: OwnerRequest & { readonly sessionId: string }): Promise<void>;
  /** Ends all but the asking session; how many there were. */
  revokeOthers(request: OwnerRequest): Promise<number>;
}
