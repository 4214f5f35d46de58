import type { CookieJar } from '../browser/index.ts';
import { type Headers, type HttpResponse, jsonResponse } from '../http/index.ts';
import type { Transport } from './session-store.ts';
import type { IssuedTokens } from './sessions.ts';

/** How {@link tokenAnswer} is to be. */
export interface TokenAnswerOptions {
  /** Default 200. */
  readonly status?: number;
  /** Members beside the tokens: `{ account }`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Cookie mode: the tokens leave in cookies, never in the body. */
  readonly jar?: CookieJar | undefined;
  /** The refresh token of the call: when it is still the right one, its cookie stays untouched. */
  readonly presented?: string | undefined;
}

/** Tokens by their names on the wire (RFC 6749 section 5.1). */
export interface TokenMembers {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** What a body says of tokens that are in cookies. */
export type CookieMembers = Pick<TokenMembers, 'token_type' | 'expires_in'>;

/** The members of a token answer by how the tokens travel. */
export type MembersOf<T extends Transport> = T extends 'cookie' ? CookieMembers : TokenMembers;

/** The members of a token answer. */
export function tokenMembers(tokens: IssuedTokens): TokenMembers {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInSeconds,
    refresh_token: tokens.refreshToken,
  };
}

/** The same without tokens. */
export function cookieMembers(tokens: IssuedTokens): CookieMembers {
  return { token_type: 'Bearer', expires_in: tokens.expiresInSeconds };
}

/** Tokens as `Set-Cookie` fields. A cookie lives for as long as its token. */
export function tokenCookies(tokens: IssuedTokens, jar: CookieJar, presented?: string): readonly string[] {
  const access = jar.set('access', tokens.accessToken, tokens.expiresInSeconds);
  if (tokens.refreshToken === presented) return [access];
  return [access, jar.set('refresh', tokens.refreshToken, tokens.refreshExpiresInSeconds)];
}

/** Tokens as an endpoint answers them. No cache may keep them. */
export function tokenAnswer(tokens: IssuedTokens, options: TokenAnswerOptions = {}): HttpResponse {
  const { status = 200, extra, jar, presented } = options;
  const members = jar ? cookieMembers(tokens) : tokenMembers(tokens);
  const headers: Headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(jar && { 'set-cookie': tokenCookies(tokens, jar, presented) }),
  };
  return jsonResponse(status, { ...members, ...extra }, headers);
}
