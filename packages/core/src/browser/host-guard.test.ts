import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHostGuard } from './host-guard.ts';

const serves = createHostGuard({ 'admin.example.com': ['/admin', '/auth/login'] }, 'api.example.com');
const at = (host: string | undefined, target: string): boolean =>
  serves({ target, headers: host === undefined ? {} : { host } });

describe('hosts', () => {
  it.each(['/', '/admin', '/anything?x=1', '//x', '/a/../b', '/%zz'])(
    'the own host serves everything: %s',
    (target) => {
      expect(at('api.example.com', target)).toBe(true);
    },
  );

  it.each([
    'ADMIN.example.com',
    'admin.example.com:8443',
    'admin.example.com.',
    'Admin.Example.Com.:443',
    'admin.example.com:',
  ])('%s is admin.example.com', (host) => {
    expect(at(host, '/admin')).toBe(true);
    expect(at(host, '/orders')).toBe(false);
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'api.example.com.evil.example',
    'api.example.com@evil.example',
    'evil.example/api.example.com',
    'api.example.com, evil.example',
    'api.example.com..',
    '.api.example.com',
    'api.example.com:80:80',
    'api.example.com:80a',
    ' api.example.com',
    'api.example.com\\',
    '10.0.0.1',
    '[::1]:3000',
    '[::1',
    '*',
  ])('%j is unknown', (host) => {
    expect(at(host, '/admin')).toBe(false);
  });

  it('of an absolute target its own host counts, whatever Host says', () => {
    expect(at('evil.example', 'https://api.example.com/x')).toBe(true);
    expect(at('api.example.com', 'http://evil.example/x')).toBe(false);
    expect(at('api.example.com', 'http://admin.example.com:80/orders?/admin')).toBe(false);
    expect(at('api.example.com', 'http://admin.example.com/admin?x')).toBe(true);
    expect(at('api.example.com', 'http://api.example.com@evil.example/')).toBe(false);
    expect(at('api.example.com', 'http://admin.example.com')).toBe(false);
  });

  it('HTTP/2 names it :authority', () => {
    expect(serves({ target: '/x', headers: { ':authority': 'api.example.com' } as never })).toBe(true);
  });

  it('the own host serves what it is given when it is named; * is every other host', () => {
    const guard = createHostGuard({ 'api.example.com': ['/v1'], '*': ['/health'] }, 'api.example.com');
    const ask = (host: string, target: string): boolean => guard({ target, headers: { host } });
    expect([ask('api.example.com', '/v1/x'), ask('api.example.com', '/admin')]).toEqual([true, false]);
    expect([ask('10.0.0.1:3000', '/health'), ask('[::1]:3000', '/health/live'), ask('10.0.0.1', '/v1')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('paths', () => {
  it.each([
    '/admin',
    '/admin/',
    '/admin/users',
    '/admin?x=/../y',
    '/admin/a%20b',
    '/admin/100%25',
    '/admin/a%2fb',
    '/admin/.well-known',
    '/admin/a..b',
    '/admin/...',
    '/auth/login',
    '/admin/%e4%b8%ad',
    '/admin#x',
  ])('%s is served', (target) => {
    expect(at('admin.example.com', target)).toBe(true);
  });

  it.each([
    ['elsewhere', '/orders'],
    ['the root', '/'],
    ['empty', ''],
    ['OPTIONS *', '*'],
    ['a longer name', '/administrator'],
    ['a shorter one', '/adm'],
    ['beside the second', '/auth/refresh'],
    ['in capitals: some routers would serve it, and then others would too', '/ADMIN'],
    ['encoded letters', '/%61dmin'],
    ['two slashes in front', '//admin'],
    ['two slashes, a host', '//evil.example/admin'],
    ['two slashes inside', '/admin//users'],
    ['dot segments', '/admin/../orders'],
    ['dot segments at the end', '/admin/..'],
    ['a single dot', '/admin/./users'],
    ['dots with a parameter', '/admin/..;/orders'],
    ['dots in front', '/x/../admin'],
    ['encoded dots', '/admin/%2e%2e/orders'],
    ['half encoded dots', '/admin/.%2E/orders'],
    ['encoded slashes between dots', '/admin/..%2forders'],
    ['everything encoded', '/admin%2f%2e%2e%2forders'],
    ['encoded twice', '/admin/%252e%252e/orders'],
    ['encoded three times', '/admin/%25252e%25252e/orders'],
    ['encoded twice with slashes', '/admin/x%252f..%252f..%252forders'],
    ['an encoded slash twice', '/admin/%2f%2forders'],
    ['a backslash', '/admin\\..\\orders'],
    ['an encoded backslash', '/admin/%5c..%5corders'],
    ['NUL', '/admin/%00/../orders'],
    ['a line break', '/admin/%0a'],
    ['broken encoding', '/admin/%zz'],
    ['bytes that are no UTF-8', '/admin/%ff'],
    ['an encoded question mark that hides dots', '/admin/%3f/../../orders'],
  ])('%s is not (%s)', (_what, target) => {
    expect(at('admin.example.com', target)).toBe(false);
  });

  it('what is served stays below its path, however often it is decoded and resolved', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2f',
      '%252e',
      '%252f',
      '%5c',
      '\\',
      'admin',
      'x',
      ';',
      '%',
      '%25',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/admin${pieces.join('')}`;
        if (!at('admin.example.com', target)) return;
        let read = target;
        for (let times = 0; times < 4; times++) {
          const resolved = new URL(`http://a${read.replaceAll('\\', '/')}`).pathname;
          expect(resolved === '/admin' || resolved.startsWith('/admin/'), `${target} read as ${read}`).toBe(true);
          try {
            read = decodeURIComponent(read);
          } catch {
            return;
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

it.each([
  ['hosts["Admin.example.com"]', { 'Admin.example.com': ['/'] }],
  ['hosts["admin.example.com:443"]', { 'admin.example.com:443': ['/'] }],
  ['hosts["admin.example.com."]', { 'admin.example.com.': ['/'] }],
  ['hosts[""]', { '': ['/'] }],
  ['hosts["a"]', { a: ['admin'] }],
  ['hosts["a"]', { a: ['/admin/'] }],
  ['hosts["a"]', { a: ['/x/../y'] }],
])('a bad %s is a TypeError that names it', (path, hosts) => {
  expect(() => createHostGuard(hosts, 'api.example.com')).toThrow(path);
});
