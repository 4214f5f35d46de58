import type { Origin } from '../kernel/index.ts';
import type { Aal, IssuedSession, StartCall, Transport } from './session-store.ts';

/** What a client gets. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Life of the access token in seconds. */
  readonly expiresInSeconds: number;
  /** Equal to the one presented when the outcome was `keep`: then there is nothing to store. */
  readonly refreshToken: string;
  readonly session: IssuedSession;
}

/** A session about to be made inside another slice's atomic verb. */
export interface PreparedStart {
  /** Goes into the verb. */
  readonly call: Omit<StartCall, 'tenant' | 'subject' | 'authEpoch' | 'audit' | 'now'>;
  /** Makes the tokens, once the verb has answered. */
  issue(session: IssuedSession): Promise<IssuedTokens>;
}

/** A re-stamp of a session inside another slice's atomic verb (password change). */
export interface PreparedRestamp {
  readonly leaf: { readonly kid: number; readonly hash: Uint8Array };
  readonly idleMs: readonly [number, number, number];
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
