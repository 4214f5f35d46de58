import type { Peppers } from './peppers.ts';
import { createRefreshTokens } from './refresh-token.ts';

/** Makes the function that tells which session an authentic refresh token names, spent or not. */
export function namedSession(peppers: Peppers): (refreshToken: string) => string | undefined {
  const refreshTokens = createRefreshTokens(peppers);
  return (refreshToken) => refreshTokens.parse(refreshToken)?.sessionId;
}
