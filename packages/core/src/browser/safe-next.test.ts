import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeNext } from './safe-next.ts';

const origin = 'https://app.example.com';
const next = (target: unknown, allow: readonly string[] = ['https://docs.example.com']) =>
  safeNext(target, { origin, allow });

describe('safeNext', () => {
  it.each([
    ['/', '/'],
    ['/orders/1?x=1&y=https://evil.example/#part', '/orders/1?x=1&y=https://evil.example/#part'],
    ['/a/../b', '/b'],
    ['/a%20b/%C3%A9', '/a%20b/%C3%A9'],
    ['/é', '/%C3%A9'],
    ['/100%', '/100%'],
    ['/a//b', '/a//b'],
    ['/@evil.example', '/@evil.example'],
    ['https://app.example.com/x', '/x'],
    ['HTTPS://APP.EXAMPLE.COM:443/x', '/x'],
    ['https://docs.example.com/guide?x#y', 'https://docs.example.com/guide?x#y'],
  ])('%s leads to %s', (target, expected) => {
    expect(next(target)).toBe(expected);
  });

  it.each([
    '',
    'orders',
    './orders',
    '?x',
    '#x',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' /x',
    '/x ',
    '/x y',
    '/\u0000x',
    '/\r\nSet-Cookie: a=b',
    '/.//evil.example',
    '/..//evil.example',
    '/x/..//evil.example',
    '/%2e//evil.example',
    '/%2fevil.example',
    '/%2Fevil.example',
    '/%252fevil.example',
    '/%5cevil.example',
    '/%255cevil.example',
    '/%09/evil.example',
    '/%0d%0aSet-Cookie:%20a=b',
    '/%250d%250aX',
    '/%00',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://app.example.com/x',
    'file:///etc/passwd',
    'ftp://app.example.com/',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https:\\\\evil.example',
    'https://evil.example',
    'http://app.example.com/',
    'https://app.example.com:8443/',
    'https://app.example.com.evil.example/',
    'https://app.example.com@evil.example/',
    'https://evil.example@app.example.com/',
    'https://user:pass@app.example.com/',
    'https://app.example.com\\@evil.example/',
    'https://evil.example#@app.example.com/',
    'https://evil.example?https://app.example.com/',
    'https://docs.example.com.evil.example/',
    'https://evildocs.example.com/',
    'https://app.example.com。evil.example/',
    'https://[::1',
    `/${'x'.repeat(2_048)}`,
  ])('%j leads nowhere', (target) => {
    expect(next(target)).toBeUndefined();
  });

  it.each([undefined, null, 5, {}, ['/a'], ['/a', '//b'], Symbol('x')])('what is no text leads nowhere', (target) => {
    expect(next(target)).toBeUndefined();
  });

  it('another origin is only where it was allowed', () => {
    expect(next('https://docs.example.com/', [])).toBeUndefined();
  });

  it('whatever comes, a browser that follows stays on the own or an allowed origin', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      ':',
      '@',
      '%2f',
      '%5c',
      '%09',
      '\t',
      '\n',
      '?',
      '#',
      'https:',
      'javascript:',
      'evil.example',
      'app.example.com',
      'x',
      '%',
      '。',
      '／',
    );
    const attack = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.array(piece, { maxLength: 10 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(attack, (target) => {
        const safe = next(target);
        if (safe === undefined) return;
        const followed = new URL(safe, `${origin}/login?next=x`);
        expect([origin, 'https://docs.example.com']).toContain(followed.origin);
        expect(followed.username + followed.password).toBe('');
        expect(safe).toMatch(/^[!-~]+$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('options that are no origins are mistakes of the app', () => {
    expect(() => safeNext('/', { origin: 'app.example.com' })).toThrow(/origin must be an origin/);
    expect(() => safeNext('/', { origin, allow: ['https://a.example/path'] })).toThrow(/allow\[0\]/);
  });
});
