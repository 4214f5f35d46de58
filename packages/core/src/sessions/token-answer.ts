import { type HttpResponse, jsonResponse } from '../http/index.ts';
import type { IssuedTokens } from './sessions.ts';

/** How {@link tokenAnswer} is to be. */
export interface TokenAnswerOptions {
  /** Default 200. */
  readonly status?: number;
  /** Members beside the tokens: `{ account }`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Tokens by their names on the wire (RFC 6749 section 5.1). */
export interface TokenMembers {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** The members of a token answer. */
export function tokenMembers(tokens: IssuedTokens): TokenMembers {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInSeconds,
    refresh_token: tokens.refreshToken,
  };
}

/** Tokens as an endpoint answers them. No cache may keep them. */
export function tokenAnswer(tokens: IssuedTokens, { status = 200, extra }: TokenAnswerOptions = {}): HttpResponse {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return jsonResponse(status, { ...tokenMembers(tokens), ...extra }, headers);
}
