import { ask, type ExchangeSettings, type ParityExchange, scripted } from '../exchange.ts';
import type { ParityRequest } from '../parity-app.ts';

const json = { 'content-type': 'application/json' };

/** The same refusal on GET, on HEAD, and on POST with bodies that nobody reads. */
function everyWay(name: string, request: ParityRequest, settings: ExchangeSettings = {}): readonly ParityExchange[] {
  return [
    ask(`${name}: GET`, request, settings),
    ask(`${name}: HEAD`, { ...request, method: 'HEAD' }, settings),
    ...[false, true].map((chunked) =>
      ask(
        `${name}: POST${chunked ? ' in chunks' : ''}`,
        { ...request, method: 'POST', body: '{"total":1}', chunked, headers: { ...json, ...request.headers } },
        settings,
      ),
    ),
  ];
}

const bearer = (value: string): NonNullable<ParityRequest['headers']> => ({ authorization: `Bearer ${value}` });
const audited = { audits: 1 };

/** A store that is away for one exchange. */
const away = (name: string, request: ParityRequest): ParityExchange =>
  scripted(
    name,
    async (app) => {
      app.outage.on = true;
      const answer = await app.call(request);
      app.outage.on = false;
      return [answer];
    },
    { audits: 1, lines: 1 },
  );

/** Shows an access token for the first time when its session is two refreshes further. */
const superseded = (name: string, request: ParityRequest, settings: ExchangeSettings): ParityExchange =>
  scripted(
    name,
    async (app) => {
      const post = async (path: string, value: object): Promise<Record<string, string>> =>
        JSON.parse(
          (
            await app.call({ method: 'POST', target: path, headers: json, body: JSON.stringify(value) })
          ).body.toString(),
        );
      const first = await post('/auth/register', {
        email: `${name.replace(/\W/g, '')}@example.com`,
        password: 'correct horse battery',
      });
      app.clock.advance('20s');
      const second = await post('/auth/refresh', { refresh_token: first['refresh_token'] });
      await app.call({ target: '/closed', headers: bearer(second['access_token'] ?? '') });
      app.clock.advance('20s');
      const third = await post('/auth/refresh', { refresh_token: second['refresh_token'] });
      await app.call({ target: '/closed', headers: bearer(third['access_token'] ?? '') });
      return [await app.call({ ...request, headers: { ...bearer(first['access_token'] ?? ''), ...request.headers } })];
    },
    { lines: 6, ...settings },
  );

/** Every refusal of the lifecycle, but those of browsers and of bodies. */
export const refusals: readonly ParityExchange[] = [
  ...everyWay('no token', { target: '/closed' }),
  ...everyWay('no token, watched', { target: '/scope' }, audited),
  ...everyWay('another scheme', { target: '/closed', headers: { authorization: 'Basic YTpi' } }),
  ...everyWay('an empty token', { target: '/scope', headers: { authorization: 'Bearer ' } }, audited),
  ...everyWay('no JWT at all', { target: '/scope', headers: bearer('abc') }, audited),
  ...everyWay('forged', { target: '/scope', as: 'forged' }, audited),
  ...everyWay('expired', { target: '/scope', as: 'expired' }, audited),
  ...everyWay('revoked', { target: '/closed', as: 'revoked' }),
  ...everyWay('stale', { target: '/scope', as: 'stale' }, audited),
  superseded('superseded: GET', { target: '/closed' }, {}),
  superseded('superseded: GET, watched', { target: '/scope' }, audited),
  superseded('superseded: HEAD', { method: 'HEAD', target: '/scope' }, audited),
  superseded('superseded: POST', { method: 'POST', target: '/scope', body: '{}', headers: json }, audited),
  ...everyWay('scope', { target: '/scope', as: 'low' }, audited),
  ...everyWay('tier', { target: '/tier', as: 'low' }),
  away('store away: GET', { target: '/strict', as: 'good' }),
  away('store away: GET, with a query', { target: '/strict?a=1', as: 'good' }),
  away('store away: HEAD', { method: 'HEAD', target: '/strict', as: 'good' }),
  away('store away: POST', { method: 'POST', target: '/strict', as: 'good', headers: json, body: '{}' }),
  ...everyWay('let in, strictly', { target: '/strict', as: 'good' }, audited),
  ...everyWay('nothing there', { target: '/nothing' }),
  ...everyWay('nothing there, with a token', { target: '/closed/nothing', as: 'good' }),
  ask('a method that no route has', { method: 'DELETE', target: '/closed', as: 'good' }),
  ask('a method that no route has, with a body', { method: 'PUT', target: '/scope', headers: json, body: '{}' }),
  ask('OPTIONS that is no preflight', { method: 'OPTIONS', target: '/closed' }),
  ask('a method that hardly anybody has', { method: 'PROPFIND', target: '/closed' }),
];

/** A body that was sent although it was refused, and the connection after it. */
export const refusedBodies: readonly ParityExchange[] = [
  ask('a length that nobody reads', { method: 'POST', target: '/closed', headers: json, body: 'x'.repeat(100_000) }),
  ask('chunks that nobody reads', {
    method: 'POST',
    target: '/closed',
    headers: json,
    body: 'x'.repeat(50_000),
    chunked: true,
  }),
  ask('no JSON, but nobody reads it', { method: 'POST', target: '/scope', headers: json, body: '{"a":' }, audited),
  ask(
    'another type, but nobody reads it',
    { method: 'POST', target: '/body/closed', headers: { 'content-type': 'text/plain' }, body: 'x' },
    audited,
  ),
  scripted(
    'the next request on the same connection',
    async (app) => {
      const line = await app.line();
      const request = { method: 'POST', target: '/closed', headers: json, body: 'x'.repeat(60_000) };
      return [await line.call(request), await line.call(app.request({ ...request, body: '{}', as: 'good' }))];
    },
    { lines: 2 },
  ),
  scripted(
    'what looks like a request in a body is none',
    async (app) => {
      const line = await app.line();
      const smuggled = 'GET /plain/json HTTP/1.1\r\nHost: x\r\n\r\n';
      line.write({ method: 'POST', target: '/closed', body: smuggled });
      line.write({ target: '/nothing', headers: { connection: 'close' } });
      return [await line.answer('POST'), await line.answer()];
    },
    { lines: 2 },
  ),
  scripted(
    'a body that comes after its refusal',
    async (app) => {
      const line = await app.line();
      line.write('POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
      const refused = await line.answer('POST');
      line.write('0123456789');
      return [refused, await line.call({ target: '/plain/json' })];
    },
    { lines: 2 },
  ),
  scripted(
    'a body that never comes',
    async (app) => {
      const line = await app.line();
      line.write('POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
      const refused = await line.answer('POST');
      line.drop();
      return [refused];
    },
    { lines: 1 },
  ),
];

/** A connection serves on after a refusal. */
export const keepAlive: readonly ParityExchange[] = (
  [
    ['401, 200, 401, 200', [['/closed'], ['/closed', 'good'], ['/scope'], ['/scope', 'good']], 2],
    ['403, 404, 200', [['/tier', 'low'], ['/nothing'], ['/tier', 'good']], 0],
    ['500, 409, 204, 200', [['/plain/throw-error'], ['/seen/throw-problem'], ['/seen/empty'], ['/plain/json']], 2],
    ['HEAD in between', [['/closed'], ['HEAD /plain/json'], ['HEAD /closed'], ['/plain/json']], 0],
    [
      'streams in between',
      [['/plain/stream'], ['/closed'], ['/seen/stream'], ['/plain/stream-length'], ['/nothing']],
      1,
    ],
    [
      'guards that answer',
      [['/guard/answer'], ['/guard/answer-empty'], ['/guard/problem'], ['/guard/replace'], ['/plain/json']],
      0,
    ],
  ] as const
).map(([name, requests, audits]) =>
  scripted(
    name,
    async (app) => {
      const line = await app.line();
      const answers = [];
      for (const [path, as] of requests) {
        const [target = '', method = 'GET'] = path.split(' ').toReversed();
        answers.push(await line.call(app.request({ method, target, ...(as && { as }) })));
      }
      return answers;
    },
    { audits, lines: requests.length },
  ),
);
