import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsrfVerdict, csrfVerdict } from './csrf-verdict.ts';

const OWN = 'https://api.example.com';
const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';
const trusted = new Set([OWN, APP]);
const verdict = (headers: IncomingHttpHeaders, method = 'POST'): CsrfVerdict =>
  csrfVerdict({ method, headers }, trusted);

describe('the CSRF table, row by row', () => {
  it.each<[string, IncomingHttpHeaders]>([
    ['Bearer', { authorization: 'Bearer x', origin: EVIL, 'sec-fetch-site': 'cross-site' }],
    ['bearer in lower case', { authorization: 'bearer x', origin: EVIL }],
    ['Bearer without a token, which is 401 later', { authorization: 'Bearer', origin: EVIL }],
    ['DPoP', { authorization: 'DPoP x', origin: EVIL }],
  ])('%s: bearer mode, cookies are ignored', (_what, headers) => {
    expect(verdict(headers)).toBe('bearer');
  });

  it.each(['Basic YTpi', 'Bearerish x', 'Negotiate x', ''])('Authorization: %s is not ours', (authorization) => {
    expect(verdict({ authorization, origin: EVIL })).toBe('refused');
    expect(verdict({ authorization, origin: OWN })).toBe('allowed');
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('%s changes nothing', (method) => {
    expect(verdict({ origin: EVIL, 'sec-fetch-site': 'cross-site' }, method)).toBe('safe');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'TRACE', 'CONNECT', 'get'])('%s is asked about', (method) => {
    expect(verdict({ origin: EVIL }, method)).toBe('refused');
  });

  it.each<[string, IncomingHttpHeaders, CsrfVerdict]>([
    ['of an own page', { upgrade: 'websocket', origin: OWN }, 'allowed'],
    ['of a trusted page', { upgrade: 'websocket', origin: APP, 'sec-fetch-site': 'same-site' }, 'allowed'],
    ['of another site', { upgrade: 'websocket', origin: EVIL }, 'refused'],
    ['of a sandboxed frame', { upgrade: 'websocket', origin: 'null', 'sec-fetch-site': 'cross-site' }, 'refused'],
    ['of who knows', { upgrade: 'WebSocket' }, 'token'],
  ])('a WebSocket %s, although it is a GET', (_of, headers, expected) => {
    expect(verdict(headers, 'GET')).toBe(expected);
  });

  it('own and trusted origins are let in, whatever else is said', () => {
    expect(verdict({ origin: OWN })).toBe('allowed');
    expect(verdict({ origin: APP, 'sec-fetch-site': 'cross-site' })).toBe('allowed');
    expect(verdict({ origin: APP, 'sec-fetch-site': 'same-site', referer: `${EVIL}/` })).toBe('allowed');
  });

  it.each(['null', EVIL, undefined])('Sec-Fetch-Site: same-origin is let in, with Origin %s', (origin) => {
    expect(verdict({ 'sec-fetch-site': 'same-origin', ...(origin !== undefined && { origin }) })).toBe('allowed');
  });

  it.each(['same-site', 'cross-site', 'Cross-Site', 'something-new', ''])(
    'Sec-Fetch-Site: %s is refused, with an own Referer and a sandboxed Origin too',
    (site) => {
      expect(verdict({ 'sec-fetch-site': site })).toBe('refused');
      expect(verdict({ 'sec-fetch-site': site, origin: 'null', referer: `${OWN}/` })).toBe('refused');
    },
  );

  describe.each<[string, IncomingHttpHeaders]>([
    ['Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }],
    ['no Sec-Fetch-Site', {}],
    ['Origin: null', { origin: 'null' }],
    ['Origin: null and Sec-Fetch-Site: none', { origin: 'null', 'sec-fetch-site': 'none' }],
  ])('%s', (_what, base) => {
    it('needs a token when nothing else is said', () => {
      expect(verdict(base)).toBe('token');
    });
    it.each([`${OWN}/`, `${APP}/page?x=1`, OWN])('is let in with the Referer %s', (referer) => {
      expect(verdict({ ...base, referer })).toBe('allowed');
    });
    it.each([
      `${EVIL}/`,
      `${EVIL}/?${OWN}/`,
      `${OWN}.evil.example/`,
      'https://api.example.com@evil.example/',
      'about:blank',
      '',
      'x',
    ])('is refused with the Referer %s', (referer) => {
      expect(verdict({ ...base, referer })).toBe('refused');
    });
  });

  it.each([
    EVIL,
    'http://api.example.com',
    'https://api.example.com:8443',
    'https://api.example.com.evil.example',
    'https://API.example.com',
    `${OWN}, ${EVIL}`,
    `${OWN} `,
    '',
  ])('another Origin (%s) is refused, whatever the Referer says', (origin) => {
    expect(verdict({ origin, referer: `${OWN}/` })).toBe('refused');
    expect(verdict({ origin, referer: `${OWN}/`, 'sec-fetch-site': 'none' })).toBe('refused');
  });
});

it('no request that another site can make a browser send is let in', () => {
  // what a foreign page has no hand in: Authorization (a preflight would come first), an own Origin, same-origin
  const foreign = fc.record(
    {
      origin: fc.constantFrom('null', EVIL, 'https://sibling.example.com', ''),
      'sec-fetch-site': fc.constantFrom('cross-site', 'same-site', 'none'),
      referer: fc.constantFrom(`${EVIL}/`, 'about:blank', ''),
      'content-type': fc.constantFrom('text/plain', 'application/x-www-form-urlencoded'),
      authorization: fc.constantFrom('Basic YTpi', 'Digest x'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(foreign, fc.constantFrom('POST', 'PUT', 'DELETE'), (headers, method) => {
      expect(['refused', 'token']).toContain(verdict(headers, method));
    }),
    { numRuns: 500 },
  );
});
