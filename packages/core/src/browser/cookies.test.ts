import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieValue, isCookieName, setCookie } from './cookies.ts';

const NAME = '__Host-Http-castellan-at';

describe('cookieValue', () => {
  it.each([
    ['alone', `${NAME}=abc`],
    ['first', `${NAME}=abc; other=1`],
    ['last', `other=1; ${NAME}=abc`],
    ['without spaces', `a=1;${NAME}=abc;b=2`],
    ['with tabs and spaces around', `a=1;\t ${NAME}=abc \t;b=2`],
    ['beside names that only begin or end like it', `x${NAME}=1; ${NAME}x=2; ${NAME}=abc`],
    ['beside its name in another case, which is another cookie', `${NAME.toUpperCase()}=1; ${NAME}=abc`],
    ['beside its name inside a value', `a=${NAME}; ${NAME}=abc; b="${NAME}=x"`],
    ['beside pairs of no grammar', `;;; =; novalue; "; ${NAME}=abc; \u00e9=\u00e9`],
  ])('is found %s', (_how, header) => {
    expect(cookieValue(header, NAME)).toBe('abc');
  });

  it.each([
    ['there is no header', undefined],
    ['the header is empty', ''],
    ['it is not there', 'a=1; b=2'],
    ['it has no equals sign', NAME],
    ['it is empty', `${NAME}=`],
    ['it comes twice', `${NAME}=abc; ${NAME}=abd`],
    ['it comes twice with one value', `${NAME}=abc; a=1; ${NAME}=abc`],
    ['one of two is malformed', `${NAME}=abc; ${NAME}="x y"`],
    ['one of two is empty', `${NAME}=; ${NAME}=abc`],
    ['it is quoted: ours never are', `${NAME}="abc"`],
    ['it holds a space', `${NAME}=a b`],
    ['it holds a comma', `${NAME}=a,b`],
    ['it holds a backslash', `${NAME}=a\\b`],
    ['it holds other than ASCII', `${NAME}=\u00e9`],
    ['it holds a control character', `${NAME}=a\u0001b`],
    ['there is a space before the equals sign', `${NAME} =abc`],
    ['the header is longer than 16 KiB', `${NAME}=abc; a=${'x'.repeat(16_384)}`],
  ])('is absent when %s', (_why, header) => {
    expect(cookieValue(header, NAME)).toBeUndefined();
  });

  it('never throws, and finds what was set among any other cookies', () => {
    const other = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[\x21-\x3a\x3c-\x7e]{0,12}$/));
    const value = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
    fc.assert(
      fc.property(fc.array(other), value, fc.array(other), (before, given, after) => {
        const pairs = [...before, [NAME, given], ...after].map(([name, text]) => `${name}=${text}`);
        expect(cookieValue(pairs.join('; '), NAME)).toBe(given);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => /^[!-~]+$/.test(cookieValue(`${text}; a=${text}`, 'a') ?? 'none')));
  });

  it('takes time in proportion to the header', () => {
    const started = performance.now();
    cookieValue(`${' '.repeat(8_000)}${';\t'.repeat(4_000)}`, NAME);
    cookieValue(`${NAME}=a${' \t'.repeat(8_000)}`, NAME);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe('setCookie', () => {
  it('writes the attributes in one order, and never a domain', () => {
    expect(setCookie('a', 'b', { secure: true, sameSite: 'Strict', maxAgeSeconds: 60 })).toBe(
      'a=b; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
    );
    expect(setCookie('a', 'b', { secure: false, sameSite: 'Lax' })).toBe('a=b; Path=/; HttpOnly; SameSite=Lax');
  });

  it.each([
    ['a name with a space', 'a b', 'x', {}],
    ['an empty name', '', 'x', {}],
    ['a value with a semicolon', 'a', 'x; Domain=evil.example', {}],
    ['a value with a line break', 'a', 'x\r\nSet-Cookie: b=c', {}],
    ['a value that browsers drop', 'a', 'x'.repeat(4096), {}],
    ['a life of half a second', 'a', 'x', { maxAgeSeconds: 0.5 }],
    ['a negative life', 'a', 'x', { maxAgeSeconds: -1 }],
  ])('refuses %s', (_what, name, value, change) => {
    expect(() => setCookie(name, value, { secure: true, sameSite: 'Lax', ...change })).toThrow(TypeError);
  });

  it('an error shows no value', () => {
    expect(() => setCookie('a', 'secret value', { secure: true, sameSite: 'Lax' })).not.toThrow(/secret/);
  });
});

it('a name is a token of RFC 9110', () => {
  expect(['a', '__Host-a', "!#$%&'*+.^_`|~"].every(isCookieName)).toBe(true);
  expect(['', 'a=b', 'a;b', 'a b', 'ä', 'a\u0000'].some(isCookieName)).toBe(false);
});
