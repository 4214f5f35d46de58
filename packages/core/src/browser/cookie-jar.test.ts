import { describe, expect, it } from 'vitest';
import { type CookieOptions, createCookieJar } from './cookie-jar.ts';

describe('the cookies of cookie mode', () => {
  it('are bound to this host, to https and to HTTP; the refresh token goes along with requests of this site only', () => {
    const jar = createCookieJar({});
    expect(jar.set('access', 't', 900)).toBe(
      '__Host-Http-castellan-at=t; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax',
    );
    expect(jar.set('refresh', 't', 900)).toBe(
      '__Host-Http-castellan-rt=t; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Strict',
    );
    expect(jar.set('csrf', 't')).toBe('__Host-castellan-csrf=t; Path=/; Secure; HttpOnly; SameSite=Lax');
  });

  it('with ssrRefresh a link from another site brings the refresh token, too', () => {
    expect(createCookieJar({ ssrRefresh: true }).set('refresh', 't', 1)).toContain('SameSite=Lax');
  });

  it('insecure ones have no Secure and no prefix, which browsers would refuse', () => {
    const jar = createCookieJar({ insecure: true });
    expect([jar.set('access', 't', 1), jar.set('refresh', 't', 1), jar.set('csrf', 't')]).toEqual([
      'castellan-at=t; Path=/; Max-Age=1; HttpOnly; SameSite=Lax',
      'castellan-rt=t; Path=/; Max-Age=1; HttpOnly; SameSite=Strict',
      'castellan-csrf=t; Path=/; HttpOnly; SameSite=Lax',
    ]);
  });

  it('are taken away with the attributes that they were set with', () => {
    expect(createCookieJar({}).clear()).toEqual([
      '__Host-Http-castellan-at=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
      '__Host-Http-castellan-rt=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict',
    ]);
  });

  it('are read under their names, those of the other mode are not', () => {
    const headers = { cookie: '__Host-Http-castellan-at=a; castellan-rt=b; __Host-castellan-csrf=c' };
    const jar = createCookieJar({});
    expect([jar.read(headers, 'access'), jar.read(headers, 'refresh'), jar.read(headers, 'csrf')]).toEqual([
      'a',
      undefined,
      'c',
    ]);
    expect(createCookieJar({ insecure: true }).read(headers, 'refresh')).toBe('b');
  });

  it.each<[string, CookieOptions]>([
    ['cookies.names.access', { names: { access: 'at' } }],
    ['cookies.names.refresh', { names: { refresh: '__Secure-rt' } }],
    ['cookies.names.csrf', { names: { csrf: '__Host-a b' } }],
    ['cookies.names.access', { insecure: true, names: { access: '__Host-at' } }],
    ['cookies.names', { names: { access: '__Host-x', refresh: '__Host-x' } }],
  ])('%s: %j is refused by its path', (path, options) => {
    expect(() => createCookieJar(options)).toThrow(TypeError);
    expect(() => createCookieJar(options)).toThrow(path);
  });
});
