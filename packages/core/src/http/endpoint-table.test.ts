import { describe, expect, it } from 'vitest';
import type { Endpoint } from './endpoint.ts';
import { endpointTable } from './endpoint-table.ts';
import { emptyResponse } from './json-response.ts';

const endpoint = (method: Endpoint['method'], path: string): Endpoint => ({
  method,
  path,
  public: true,
  handle: () => emptyResponse(),
});

const me = endpoint('GET', '/me');
const patchMe = endpoint('PATCH', '/me');
const login = endpoint('POST', '/login');
const others = endpoint('POST', '/sessions/revoke-others/now');
const revoke = endpoint('POST', '/sessions/:id/now');
const read = endpoint('GET', '/sessions/:session/now');
const match = endpointTable([me, patchMe, login, revoke, others, read]);

describe('endpointTable', () => {
  it('finds fixed paths, and HEAD as GET', () => {
    expect(match('GET', '/me')).toEqual({ endpoint: me, params: {} });
    expect(match('HEAD', '/me')).toEqual({ endpoint: me, params: {} });
    expect(match('PATCH', '/me')).toEqual({ endpoint: patchMe, params: {} });
  });

  it('a known path with another method says which are allowed', () => {
    expect(match('DELETE', '/me')).toEqual({ allow: ['GET', 'HEAD', 'PATCH'] });
    expect(match('HEAD', '/login')).toEqual({ allow: ['POST'] });
    expect(match('OPTIONS', '/sessions/x/now')).toEqual({ allow: ['POST', 'GET', 'HEAD'] });
    expect(match('get', '/me')).toEqual({ allow: ['GET', 'HEAD', 'PATCH'] });
  });

  it('a fixed path goes before one with a parameter', () => {
    expect(match('POST', '/sessions/revoke-others/now')).toEqual({ endpoint: others, params: {} });
  });

  it('decodes parameters once, each under the name its endpoint gave', () => {
    expect(match('POST', '/sessions/a%2Fb%2525/now')).toEqual({ endpoint: revoke, params: { id: 'a/b%25' } });
    expect(match('GET', '/sessions/1/now')).toEqual({ endpoint: read, params: { session: '1' } });
  });

  it.each([
    '/',
    '',
    '/ME',
    '/me/',
    '//me',
    '/%6De',
    '/me/x',
    '/sessions//now',
    '/sessions/%/now',
    '/sessions/%ff/now',
    '/sessions/%00/now',
    '/__proto__',
    '/constructor',
  ])('%j is none of them', (path) => {
    expect(match('POST', path)).toBeUndefined();
  });

  it('refuses two endpoints in one place, and paths without a slash', () => {
    expect(() => endpointTable([me, me])).toThrow(new TypeError('endpoint GET /me is declared twice'));
    expect(() => endpointTable([revoke, endpoint('POST', '/sessions/:other/now')])).toThrow(TypeError);
    expect(() => endpointTable([endpoint('GET', 'me')])).toThrow(/slash/);
  });
});
