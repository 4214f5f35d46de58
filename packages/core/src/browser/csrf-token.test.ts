import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomBytes } from '../kernel/index.ts';
import { type CsrfKey, createCsrfTokens } from './csrf-token.ts';

const key = (id: number, secret = `secret ${id}`): CsrfKey => ({
  id,
  mac(...parts) {
    const mac = createHmac('sha256', secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
});
const keysOf = (...keys: readonly [CsrfKey, ...CsrfKey[]]) => ({
  active: keys[0],
  find: (id: number) => keys.find((one) => one.id === id),
});
const tokens = createCsrfTokens(keysOf(key(1)), randomBytes);
const SESSION = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('a CSRF token', () => {
  const cookie = tokens.newCookie();
  const token = tokens.issue(cookie, SESSION) ?? '';

  it('is 44 characters of base64url, and the same for the same cookie and session', () => {
    expect(token).toMatch(/^[\w-]{44}$/);
    expect(tokens.issue(cookie, SESSION)).toBe(token);
    expect(tokens.matches(token, cookie, SESSION)).toBe(true);
  });

  it('says nothing with another cookie, in another session, before a sign-in or after one', () => {
    expect(tokens.matches(token, tokens.newCookie(), SESSION)).toBe(false);
    expect(tokens.matches(token, cookie, SESSION.replace('0', '1'))).toBe(false);
    expect(tokens.matches(token, cookie, '')).toBe(false);
    expect(tokens.matches(tokens.issue(cookie, '') ?? '', cookie, SESSION)).toBe(false);
  });

  it('is not the cookie: who plants a cookie has no token', () => {
    expect(tokens.matches(cookie, cookie, SESSION)).toBe(false);
    expect(tokens.matches(cookie, cookie, '')).toBe(false);
  });

  it.each(['', 'x', 'AA', `${token}=`, ` ${token}`, token.slice(0, -1), `${token}AA`])('%j is none', (text) => {
    expect(tokens.matches(text, cookie, SESSION)).toBe(false);
  });

  it.each(['', 'short', 'A'.repeat(44), `${cookie}=`])('a cookie such as %j is none of ours', (planted) => {
    expect(tokens.issue(planted, SESSION)).toBeUndefined();
    expect(tokens.matches(token, planted, SESSION)).toBe(false);
  });

  it('cannot be altered in any bit', () => {
    fc.assert(
      fc.property(fc.nat(32), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Buffer.from(token, 'base64url');
        bytes[at] = (bytes[at] as number) ^ flip;
        expect(tokens.matches(bytes.toString('base64url'), cookie, SESSION)).toBe(false);
      }),
    );
  });

  it('of a key that only verifies still counts; of one that is gone it does not', () => {
    expect(createCsrfTokens(keysOf(key(2), key(1)), randomBytes).matches(token, cookie, SESSION)).toBe(true);
    expect(createCsrfTokens(keysOf(key(2)), randomBytes).matches(token, cookie, SESSION)).toBe(false);
    expect(createCsrfTokens(keysOf(key(1, 'another')), randomBytes).matches(token, cookie, SESSION)).toBe(false);
  });
});
