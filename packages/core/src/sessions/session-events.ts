import type { Origin } from '../kernel/index.ts';
import type { Aal, Transport } from './session-store.ts';

/** What every fact about a session says. */
export interface SessionFact {
  readonly tenant: string;
  readonly subject: string;
  readonly sessionId: string;
  /** The store's clock, Unix ms. */
  readonly at: number;
  /** The request that caused it. */
  readonly origin: Origin;
}

/** A refresh that was answered with tokens. */
export interface SessionRefreshed extends SessionFact {
  /** Generation of the refresh token that was answered. */
  readonly generation: number;
}

/** Facts about sessions, told after the step is durable. */
export type SessionEvents = {
  readonly 'session.started': SessionFact & { readonly transport: Transport; readonly aal: Aal };
  /** A new pair was issued. */
  readonly 'session.rotated': SessionRefreshed;
  /** A young token was shown again and stayed. */
  readonly 'session.kept': SessionRefreshed;
  /** A lost answer was given again. */
  readonly 'session.replayed': SessionRefreshed;
  /** An answer that nobody used was replaced. */
  readonly 'session.reissued': SessionRefreshed;
  /** Two holders of one token: the session was ended. `by` is the kind of token that gave it away. */
  readonly 'session.reuse_detected': SessionFact & { readonly by: 'refresh_token' | 'access_token' };
  /** Ended by somebody's wish. */
  readonly 'session.revoked': SessionFact & { readonly reason: 'logout' | 'revoke' | 'revoke_others' };
  /** Found at the end of its life. */
  readonly 'session.expired': SessionFact & { readonly reason: 'expired' | 'idle' };
  /** Answers were repeated to another address or user agent in so many generations running. */
  readonly 'session.sharing_suspected': SessionRefreshed & { readonly generations: number };
  /** A token newer than the store knows: the store was restored from a backup. Nothing was revoked. */
  readonly 'session.ahead': SessionFact;
};

/** Tells one of them. The `emit` of an emitter that knows more events fits too. */
export type TellSession = (
  ...told: { readonly [N in keyof SessionEvents]: [name: N, fact: SessionEvents[N]] }[keyof SessionEvents]
) => void;
