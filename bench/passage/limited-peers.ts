import { SignJWT } from 'jose';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { CALLERS, LIMIT, WINDOW_MS } from './callers.ts';
import { type Expected, secret } from './peer-token.ts';
import { benchRedis } from './redis.ts';

/** Tokens for the peers, one a caller, as small as they may be. */
export async function peerTokens(): Promise<{ readonly tokens: readonly string[]; readonly expected: Expected }> {
  const expected: Expected = { issuer: 'https://api.example.com', audience: 'https://api.example.com' };
  const key = new TextEncoder().encode(secret);
  const tokens = await Promise.all(
    Array.from({ length: CALLERS }, (_, i) =>
      new SignJWT({ iss: expected.issuer, aud: expected.audience, sub: `caller-${i}` })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(key),
    ),
  );
  return { tokens, expected };
}

/** rate-limiter-flexible as its documentation sets it up on Redis, and the headers that it tells people to set. */
export function flexibleLimiter(): (subject: string, set: (name: string, value: string) => void) => Promise<void> {
  const limiter = new RateLimiterRedis({ storeClient: benchRedis(), points: LIMIT, duration: WINDOW_MS / 1000 });
  return async (subject, set) => {
    const { remainingPoints, msBeforeNext } = await limiter.consume(subject);
    set('X-RateLimit-Limit', String(LIMIT));
    set('X-RateLimit-Remaining', String(remainingPoints));
    set('X-RateLimit-Reset', String(Math.ceil((Date.now() + msBeforeNext) / 1000)));
  };
}
