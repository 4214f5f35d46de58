import { equalBytes, fromBase64url, type RandomBytes, toBase64url } from '../kernel/index.ts';

/** A key of CSRF tokens. */
export interface CsrfKey {
  /** 0–255; travels in the token. */
  readonly id: number;
  mac(...parts: readonly Uint8Array[]): Uint8Array;
}

/** The keys: several at once while one replaces the other. */
export interface CsrfKeys {
  readonly active: CsrfKey;
  find(id: number): CsrfKey | undefined;
}

/** Makes and checks CSRF tokens. */
export interface CsrfTokens {
  /** A fresh value for the CSRF cookie: 32 random bytes. */
  newCookie(): string;
  /**
   * The token of a cookie and a session: 44 characters. `undefined`: the cookie is none of ours.
   * @param sessionId empty before the sign-in
   */
  issue(cookie: string, sessionId: string): string | undefined;
  matches(token: string, cookie: string, sessionId: string): boolean;
}

const COOKIE_SIZE = 32;

/**
 * Signed double submit: the token is an HMAC over the cookie and the session. Somebody who can plant a cookie has its
 * token of before a sign-in, which says nothing after it, and can't make the token of a session.
 */
export function createCsrfTokens(keys: CsrfKeys, random: RandomBytes): CsrfTokens {
  const macOf = (key: CsrfKey, cookie: string, sessionId: string): Uint8Array | undefined => {
    const bytes = fromBase64url(cookie);
    // the cookie's length is fixed, so that cookie and session can't be cut elsewhere
    return bytes?.byteLength === COOKIE_SIZE ? key.mac(bytes, Buffer.from(sessionId)) : undefined;
  };
  return {
    newCookie: () => toBase64url(random(COOKIE_SIZE)),
    issue(cookie, sessionId) {
      const mac = macOf(keys.active, cookie, sessionId);
      return mac && toBase64url(Buffer.concat([Uint8Array.of(keys.active.id), mac]));
    },
    matches(token, cookie, sessionId) {
      const bytes = fromBase64url(token);
      const key = bytes?.[0] === undefined ? undefined : keys.find(bytes[0]);
      const mac = key && macOf(key, cookie, sessionId);
      return bytes !== undefined && mac !== undefined && equalBytes(bytes.subarray(1), mac);
    },
  };
}
