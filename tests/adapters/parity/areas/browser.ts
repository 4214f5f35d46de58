import { ask, type ExchangeSettings, type ParityExchange, scripted } from '../exchange.ts';
import type { ParityApp, ParityRequest } from '../parity-app.ts';

const HOME = 'https://api.example.com';
const FRIEND = 'https://app.example.com';
const EVIL = 'https://evil.example';
const json = { 'content-type': 'application/json' };

const browser = (
  name: string,
  { headers, ...request }: ParityRequest,
  settings: ExchangeSettings = {},
): ParityExchange =>
  ask(name, { ...request, headers: { host: 'api.example.com', ...headers } }, { variant: 'browser', ...settings });

const preflight = (origin: string): NonNullable<ParityRequest['headers']> => ({
  origin,
  'access-control-request-method': 'POST',
});

/** Preflights and simple requests, of friends and of others, on every kind of path. */
export const cors: readonly ParityExchange[] = [
  ...['/plain/json', '/closed', '/nothing', '/auth/login', '/auth/none', '/health/live', '/bare/json'].flatMap(
    (target) => [
      browser(`preflight of a friend: ${target}`, { method: 'OPTIONS', target, headers: preflight(FRIEND) }),
      browser(`preflight of a stranger: ${target}`, { method: 'OPTIONS', target, headers: preflight(EVIL) }),
      browser(`a friend: ${target}`, { target, headers: { origin: FRIEND } }),
      browser(`a stranger: ${target}`, { target, headers: { origin: EVIL } }),
    ],
  ),
  browser('a preflight with a body', { method: 'OPTIONS', target: '/closed', headers: preflight(FRIEND), body: 'x' }),
  browser('a preflight of a path with broken encoding', {
    method: 'OPTIONS',
    target: '/%zz',
    headers: preflight(FRIEND),
  }),
  browser('a friend, let in', { target: '/scope', as: 'good', headers: { origin: FRIEND } }, { audits: 1 }),
  browser('a friend, thrown', { target: '/seen/throw-error', headers: { origin: FRIEND } }, { audits: 1 }),
  browser('a friend, a stream', { target: '/seen/stream', headers: { origin: FRIEND } }, { audits: 1 }),
];

/** Hosts by name. */
export const hosts: readonly ParityExchange[] = [
  '/plain/json',
  '/closed',
  '/nothing',
  '/auth/me',
  '/health/live',
  '/admin/panel',
  '/bare/json',
  '/%zz',
].flatMap((target) => [
  browser(`another host: ${target}`, { target, headers: { host: 'evil.example' } }),
  browser(`the host of some paths: ${target}`, { target, headers: { host: 'admin.example.com' } }),
  browser(`with a port: ${target}`, { target, headers: { host: 'API.example.com:8443' } }),
]);

/** Security headers on every exit. */
export const securityHeaders: readonly ParityExchange[] = [
  ...[
    'json',
    'text',
    'empty',
    'missing',
    'stream',
    'node-end',
    'throw-problem',
    'throw-error',
    'throw-dressed',
    'headers',
    'cookies',
  ].flatMap((name) => [
    browser(name, { target: `/plain/${name}` }),
    browser(`${name}, watched`, { target: `/seen/${name}` }, { audits: 1 }),
  ]),
  browser('refused', { target: '/closed' }),
  browser('nothing there', { target: '/nothing' }),
  browser('an endpoint', { target: '/auth/jwks.json' }),
  browser('a health endpoint', { target: '/health/live' }),
  browser('without a guard', { target: '/bare/json' }),
  browser('a guard that answers', { target: '/guard/answer' }),
  browser('an answer in the place of another', { target: '/guard/replace' }),
  browser('a CSP report', {
    method: 'POST',
    target: '/auth/csp-report',
    headers: { 'content-type': 'application/csp-report' },
    body: '{"csp-report":{"blocked-uri":"https://evil.example"}}',
  }),
  browser('a list of reports', {
    method: 'POST',
    target: '/auth/csp-report',
    headers: { 'content-type': 'application/reports+json' },
    body: '[]',
  }),
  browser('a report of another type', { method: 'POST', target: '/auth/csp-report', headers: json, body: '{}' }),
];

const cookiesOf = (headers: Readonly<Record<string, readonly string[]>>): string =>
  (headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');

/** Signs in by cookies and plays one request with them. */
const signedIn = (
  name: string,
  { headers, ...request }: ParityRequest,
  settings: ExchangeSettings = {},
): ParityExchange =>
  scripted(
    name,
    async (app: ParityApp) => {
      const body = JSON.stringify({
        email: `${name.replace(/\W/g, '').slice(0, 40)}@example.com`,
        password: 'correct horse battery',
        transport: 'cookie',
      });
      const registered = await app.call({
        method: 'POST',
        target: '/auth/register',
        headers: { ...json, host: 'api.example.com', origin: HOME },
        body,
      });
      const cookie = cookiesOf(registered.headers);
      return [registered, await app.call({ ...request, headers: { host: 'api.example.com', cookie, ...headers } })];
    },
    { variant: 'browser', lines: 2, ...settings },
  );

/** Cookie mode and the CSRF table. */
export const csrf: readonly ParityExchange[] = [
  signedIn('a page reads', { target: '/closed' }),
  signedIn('a page of home writes', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, origin: HOME },
    body: '{}',
  }),
  signedIn('a page of a friend writes', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, origin: FRIEND },
    body: '{}',
  }),
  signedIn('a page of a stranger writes', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, origin: EVIL },
    body: '{}',
  }),
  signedIn('Origin null', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, origin: 'null', 'sec-fetch-site': 'cross-site' },
    body: '{}',
  }),
  signedIn('Sec-Fetch-Site none', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, 'sec-fetch-site': 'none' },
    body: '{}',
  }),
  signedIn('Sec-Fetch-Site same-origin', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, 'sec-fetch-site': 'same-origin' },
    body: '{}',
  }),
  signedIn('nothing tells where it comes from', { method: 'POST', target: '/closed', headers: json, body: '{}' }),
  signedIn('a referer of a stranger', {
    method: 'POST',
    target: '/closed',
    headers: { ...json, referer: `${EVIL}/x` },
    body: '{}',
  }),
  signedIn('an upgrade of a stranger', {
    target: '/closed',
    headers: { origin: EVIL, upgrade: 'websocket', connection: 'upgrade' },
  }),
  signedIn('Basic of a proxy in front', { target: '/closed', headers: { authorization: 'Basic YTpi' } }),
  signedIn(
    'refused and watched',
    { method: 'POST', target: '/scope', headers: { ...json, origin: EVIL }, body: '{}' },
    { audits: 1 },
  ),
  signedIn('me', { target: '/auth/me' }),
  signedIn('a refresh by a page of home', {
    method: 'POST',
    target: '/auth/refresh',
    headers: { ...json, origin: HOME },
    body: '{}',
  }),
  signedIn('a refresh by a stranger', {
    method: 'POST',
    target: '/auth/refresh',
    headers: { ...json, origin: EVIL },
    body: '{}',
  }),
  signedIn('a sign-out by a page of home', {
    method: 'POST',
    target: '/auth/logout',
    headers: { ...json, origin: HOME },
    body: '{}',
  }),
  signedIn('a sign-out by a stranger', {
    method: 'POST',
    target: '/auth/logout',
    headers: { ...json, origin: EVIL },
    body: '{}',
  }),
  signedIn('the token for forms', { target: '/auth/csrf' }),
  browser('a sign-in by a stranger', {
    method: 'POST',
    target: '/auth/login',
    headers: { ...json, origin: EVIL },
    body: '{"email":"a@example.com","password":"correct horse battery","transport":"cookie"}',
  }),
  browser('a form of a stranger', {
    method: 'POST',
    target: '/auth/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: EVIL },
    body: 'email=a%40example.com&password=x&transport=cookie',
  }),
  browser('cookies that are none', { target: '/closed', headers: { cookie: '__Host-Http-castellan-at=abc' } }),
];
