import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { describe, expect, it } from 'vitest';
import { type SecurityHeaderOptions, type SecurityProfile, securityHeaders } from './security-headers.ts';

const of = (choice: SecurityProfile | SecurityHeaderOptions) =>
  securityHeaders(choice, (path) => `https://api.example.com${path}`);

/** What helmet sets when it is told nothing. */
function helmetDefaults(): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader(name: string, value: string) {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => {},
  };
  helmet()({} as IncomingMessage, response as unknown as ServerResponse, () => {});
  return headers;
}

describe("beside helmet's defaults", () => {
  it('prod has the same, but for these differences', () => {
    const theirs = helmetDefaults();
    const mine = of('prod');
    const differ = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])]
      .filter((name) => theirs[name] !== mine[name])
      .sort();
    expect(Object.fromEntries(differ.map((name) => [name, [theirs[name] ?? '–', mine[name] ?? '–']]))).toEqual({
      // an API shows no page in a frame and loads little: less is allowed, and frames are refused everywhere alike
      'content-security-policy': [
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; upgrade-insecure-requests",
      ],
      'x-frame-options': ['SAMEORIGIN', 'DENY'],
      // helmet leaves it to the app
      'permissions-policy': [
        '–',
        'browsing-topics=(), camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
      ],
      // with no-referrer a form is sent with `Origin: null`, and CSRF could only be told from a token
      'referrer-policy': ['no-referrer', 'strict-origin-when-cross-origin'],
      // about privacy of links in pages, not about safety; Internet Explorer 8; an auditor that no browser has any more
      'x-dns-prefetch-control': ['off', '–'],
      'x-download-options': ['noopen', '–'],
      'x-xss-protection': ['0', '–'],
    });
  });
});

describe('profiles', () => {
  it('dev binds no browser to https and only reports', () => {
    const headers = of('dev');
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(headers).not.toHaveProperty('content-security-policy');
    expect(headers['content-security-policy-report-only']).not.toContain('upgrade-insecure-requests');
    expect(headers['x-frame-options']).toBe('DENY');
  });
  it('staging enforces, and binds to https for a day, this host alone', () => {
    const { 'strict-transport-security': hsts, ...others } = of('staging');
    const { 'strict-transport-security': _hsts, ...prod } = of('prod');
    expect(hsts).toBe('max-age=86400');
    expect(others).toEqual(prod);
  });
  it('prod is what options start from', () => {
    expect(of({})).toEqual(of('prod'));
  });
});

describe('what is to be different', () => {
  it('directives go over the profile’s, one by one', () => {
    const { 'content-security-policy': policy } = of({
      contentSecurityPolicy: { 'img-src': ["'self'", 'https:'], 'object-src': false, sandbox: true, 'font-src': [] },
    });
    expect(policy).toBe(
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' https:; upgrade-insecure-requests; sandbox; font-src",
    );
  });
  it('a text is the whole policy; false is none', () => {
    expect(of({ contentSecurityPolicy: "default-src 'none'" })['content-security-policy']).toBe("default-src 'none'");
    expect(of({ contentSecurityPolicy: false })).not.toHaveProperty('content-security-policy');
  });
  it('reportOnly blocks nothing, in any profile', () => {
    expect(of({ reportOnly: true })).toHaveProperty('content-security-policy-report-only');
    expect(of({ profile: 'dev', reportOnly: false })).toHaveProperty('content-security-policy');
  });
  it('reportTo tells old and new browsers where to report', () => {
    const headers = of({ contentSecurityPolicy: "default-src 'none';", reportTo: '/auth/csp-report' });
    const url = 'https://api.example.com/auth/csp-report';
    expect(headers['content-security-policy']).toBe(`default-src 'none'; report-uri ${url}; report-to csp`);
    expect(headers['reporting-endpoints']).toBe(`csp="${url}"`);
    expect(JSON.parse(String(headers['report-to']))).toEqual({
      group: 'csp',
      max_age: 10_886_400,
      endpoints: [{ url }],
    });
    expect(of({ reportTo: 'https://reports.example.com/x' })['reporting-endpoints']).toContain('reports.example.com');
  });
  it('other fields by name, whatever its case', () => {
    const headers = of({ headers: { 'X-Frame-Options': 'SAMEORIGIN', 'Origin-Agent-Cluster': false, 'X-Own': '1' } });
    expect(headers).toMatchObject({ 'x-frame-options': 'SAMEORIGIN', 'x-own': '1' });
    expect(headers).not.toHaveProperty('origin-agent-cluster');
    expect(headers).not.toHaveProperty('X-Frame-Options');
  });
});

it.each<[string, unknown]>([
  ['securityHeaders.profile', 'production'],
  ['securityHeaders.profile', { profile: 'constructor' }],
  ['securityHeaders.contentSecurityPolicy', { contentSecurityPolicy: { 'Img-Src': [] } }],
  ['securityHeaders.contentSecurityPolicy.img-src', { contentSecurityPolicy: { 'img-src': ['a b'] } }],
  ['securityHeaders.contentSecurityPolicy.img-src', { contentSecurityPolicy: { 'img-src': ['a; script-src *'] } }],
  ['securityHeaders.contentSecurityPolicy.img-src', { contentSecurityPolicy: { 'img-src': ['a,b'] } }],
  ['securityHeaders.contentSecurityPolicy', { contentSecurityPolicy: "default-src 'none'\r\nx: y" }],
  ['securityHeaders.reportTo', { reportTo: 'javascript:alert(1)' }],
  ['securityHeaders.reportTo', { reportTo: 'https://a.example/" x' }],
  ['securityHeaders.headers["x y"]', { headers: { 'x y': '1' } }],
  ['securityHeaders.headers["x-a"]', { headers: { 'x-a': 'a\nb' } }],
  ['contentSecurityPolicy', { headers: { 'Content-Security-Policy': "default-src 'none'" } }],
])('a bad %s is a TypeError that names it: %j', (path, choice) => {
  expect(() => of(choice as SecurityProfile)).toThrow(TypeError);
  expect(() => of(choice as SecurityProfile)).toThrow(path);
});
