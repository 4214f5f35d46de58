import type { RandomBytes } from '../kernel/index.ts';
import type { AccessTokens } from '../tokens/index.ts';
import { leafPrefix } from './refresh-token.ts';
import { sessionExpired } from './session-problems.ts';
import type { SessionSettings } from './session-settings.ts';
import type { IssuedSession } from './session-store.ts';
import type { IssuedTokens } from './sessions.ts';

/** Who the scopes of an access token are asked for. */
export interface ScopesQuestion {
  readonly tenant: string;
  readonly subject: string;
  readonly tier: string;
}

/** What {@link createIssuer} works with. */
export interface IssuerOptions {
  readonly accessTokens: Pick<AccessTokens, 'issue'>;
  readonly settings: SessionSettings;
  readonly random: RandomBytes;
  /** Of a subject whose tier is not set. */
  readonly defaultTier: string;
  /** Default none. */
  readonly scopesOf?: ((question: ScopesQuestion) => readonly string[] | Promise<readonly string[]>) | undefined;
}

/**
 * Makes the answer of a session's verb into tokens.
 * @throws Problem `session_expired` in the last second of a session: an access token lives for whole seconds
 */
export type Issue = (session: IssuedSession, refreshToken: string) => Promise<IssuedTokens>;

/** The share of an access token's life that chance takes, so that what was issued together doesn't refresh together. */
const JITTER = 0.2;

/** Makes the issuer. */
export function createIssuer({ accessTokens, settings, random, defaultTier, scopesOf }: IssuerOptions): Issue {
  return async (session, refreshToken) => {
    const { tenant, subject, now } = session;
    const tier = session.tier ?? defaultTier;
    if (session.expiresAt - now < 1_000) throw sessionExpired();
    const { accessMs, idleMs } = settings.profiles[session.aal];
    const life = accessMs * (1 - JITTER * fraction(random));
    const expiresAt = Math.min(Math.floor(now + life), session.expiresAt);
    const accessToken = await accessTokens.issue({
      subject,
      tenant,
      sessionId: session.sessionId,
      generation: session.generation,
      leafPrefix: leafPrefix(session.leaf),
      userEpoch: session.userEpoch,
      claimsEpoch: session.claimsEpoch,
      tier,
      scopes: scopesOf ? await scopesOf({ tenant, subject, tier }) : [],
      issuedAt: now,
      expiresAt,
    });
    // `exp` has whole seconds, rounded down: promise no more than it keeps
    const expiresInSeconds = Math.floor((Math.floor(expiresAt / 1000) * 1000 - now) / 1000);
    const refreshExpiresInSeconds = Math.floor(Math.min(idleMs, session.expiresAt - now) / 1000);
    return { accessToken, expiresInSeconds, refreshToken, refreshExpiresInSeconds, session };
  };
}

/** A number from 0 to below 1. */
function fraction(random: RandomBytes): number {
  const bytes = random(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
}
