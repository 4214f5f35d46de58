import { ask, type ParityExchange, scripted } from '../exchange.ts';

const json = { 'content-type': 'application/json' };
const body = '{"total":1}';
const audited = { audits: 1 };

/** Header fields that come twice. */
export const duplicateHeaders: readonly ParityExchange[] = [
  ask('two Authorization', { target: '/closed', as: 'good', headers: { Authorization: ['Bearer abc', 'Bearer def'] } }),
  ask('two X-Request-Id', { target: '/plain/json', headers: { 'X-Request-Id': ['trace-0001', 'trace-0002'] } }),
  ask('two fields of the app', { target: '/view', headers: { 'X-Own': ['1', '2'] } }),
  ask('two User-Agent', { target: '/seen/json', headers: { 'User-Agent': ['one/1', 'two/2'] } }, audited),
  ask(
    'two Content-Type',
    { method: 'POST', target: '/body', headers: { 'Content-Type': ['application/json', 'text/plain'] }, body },
    audited,
  ),
  ask('two Host', { target: '/plain/json', headers: { Host: ['a.example', 'b.example'] } }),
  ask('two Cookie', { target: '/closed', headers: { Cookie: ['a=1', 'b=2'] } }),
];

/** Header fields that are long, but not too long for the parser. */
export const longHeaders: readonly ParityExchange[] = [
  ask('a request id of 10,000 characters', { target: '/plain/json', headers: { 'X-Request-Id': 'a'.repeat(10_000) } }),
  ask('a request id of 128 characters', { target: '/plain/json', headers: { 'X-Request-Id': 'a'.repeat(128) } }),
  ask('a token of 12,000 characters', {
    target: '/closed',
    headers: { Authorization: `Bearer ${'a'.repeat(12_000)}` },
  }),
  ask(
    'a user agent of 5,000 characters',
    { target: '/seen/json', headers: { 'User-Agent': 'a'.repeat(5_000) } },
    audited,
  ),
  ask('a query of 8,000 characters', { target: `/view?q=${'a'.repeat(8_000)}` }),
  ask('a path of 8,000 characters', { target: `/${'a'.repeat(8_000)}` }),
  ask('200 fields', {
    target: '/plain/json',
    headers: Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x-${at}`, 'a'])),
  }),
];

const targets = (name: string, list: readonly string[]): readonly ParityExchange[] =>
  list.map((target) => ask(`${name} ${target}`, { target, as: 'good' }, target.endsWith('/items') ? audited : {}));

/** Percent-encoding that is broken, or hides something. */
export const percentEncoding: readonly ParityExchange[] = [
  ...targets('malformed:', [
    '/%zz',
    '/orders/%zz',
    '/orders/%',
    '/orders/%e0%a4',
    '/plain/%zz',
    '/auth/%zz',
    '/auth/sessions/%zz/revoke',
    '/health/%zz',
    '/view/%c0%af',
    '/view?q=%zz',
  ]),
  ...targets('well-formed:', [
    '/orders/%41',
    '/orders/a%20b',
    '/orders/a%2Fb',
    '/orders/%C3%A4',
    '/orders/a%00b',
    '/orders/a+b',

    '/plain%2Fjson',
    '/view/%3F',
    '/view/%23',
  ]),
];

/** Encoded twice: decoded once. */
export const doubleEncoded: readonly ParityExchange[] = targets('', [
  '/orders/%2541',
  '/orders/%252F',
  '/orders/a%252Fb',
  '/orders/%25',
  '/orders/%25zz',
  '/view/%2525',
  '/%2570lain/json',
  '/auth/%256de',
]);

/** Two slashes, dots, and other paths that proxies like to tidy. */
export const doubleSlashes: readonly ParityExchange[] = targets('', [
  '//',
  '//plain/json',
  '/plain//json',
  '///plain/json',
  '//orders/7',

  '//auth/me',
  '/auth//me',
  '//health',
  '/./plain/json',
  '/plain/../closed',
  '/orders/..',
  '/orders/.',
  '//evil.example/closed',
  '/plain/json//',
  '/\\plain\\json',
  '/plain/json;a=1',
  '/plain/json?',
  '/plain/json?a=1&a=2',
  '/orders/7?at=1',
  '/orders/7?at=%41',
]);

/** A slash at the end: each framework has a setting, and by either it is the same. */
export const trailingSlashes: readonly ParityExchange[] = [
  ...targets('strict', [
    '/plain/json/',
    '/orders/7/',
    '/orders/7/items/',

    '/closed/',
    '/auth/me/',
    '/auth/',
    '/auth',
    '/health/',
    '/PLAIN/json',
  ]),
  ...['/plain/json/', '/plain/json', '/orders/7/', '/closed/', '/PLAIN/JSON', '/auth/me/', '/health'].map((target) =>
    ask(`loose ${target}`, { target, as: 'good' }, { variant: 'loose' }),
  ),
];

/** Targets with scheme and host, as they come through a proxy. */
export const absoluteForm: readonly ParityExchange[] = [
  ...targets('', [
    'http://app.example/plain/json',
    'http://app.example/orders/7?at=1',
    'https://app.example/closed',
    'http://app.example/nothing',
    'http://app.example/auth/me',
    'http://app.example/auth/none',
    'http://app.example/health/live',
    'http://app.example/view?a=1',
    'HTTP://APP.example/view',
    'http://app.example:8080/view',
    'http://app.example',
    'http://app.example/',
  ]),
  ask('refused', { target: 'http://app.example/closed' }),
  ask('HEAD', { method: 'HEAD', target: 'http://app.example/plain/json' }),
  ask('OPTIONS *', { method: 'OPTIONS', target: '*' }),
];

/** A caller that waits for a word before it sends its body. */
export const expectContinue: readonly ParityExchange[] = (
  [
    ['read by a guard', '/body', audited],
    ['read by nobody', '/closed', {}],
    ['refused before', '/body/closed', audited],
    ['read by nobody, and the handler answers', '/json', {}],
    ['read by an endpoint', '/auth/login', {}],
  ] as const
).map(([name, target, settings]) =>
  scripted(
    name,
    async (app) => {
      const line = await app.line();
      line.write(
        `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      await line.until('\r\n\r\n');
      line.write(body);
      return [await line.answer('POST')];
    },
    { lines: 1, ...settings },
  ),
);

/** Several requests before the first answer. */
export const pipelining: readonly ParityExchange[] = (
  [
    ['three that pass', ['GET /plain/json', 'GET /seen/json-async', 'GET /plain/text'], 1],
    ['refused in the middle', ['GET /plain/json', 'GET /closed', 'GET /seen/json'], 1],
    ['refused first', ['GET /closed', 'GET /seen/json-async', 'GET /nothing'], 1],
    ['streams', ['GET /plain/stream', 'GET /seen/stream', 'GET /plain/stream-length', 'GET /closed'], 1],
    ['HEAD and GET', ['HEAD /plain/json', 'GET /plain/json', 'HEAD /closed', 'GET /auth/me'], 0],
    ['problems only', ['GET /plain/throw-error', 'GET /plain/reject-problem', 'GET /guard/problem', 'GET /%zz'], 0],
    ['with bodies', ['POST /body', 'POST /closed', 'POST /auth/login', 'POST /json'], 1],
  ] as const
).map(([name, requests, audits]) =>
  scripted(
    name,
    async (app) => {
      const line = await app.line();
      const split = requests.map((one) => one.split(' ') as [string, string]);
      for (const [method, target] of split)
        line.write({ method, target, ...(method === 'POST' && { headers: json, body }) });
      const answers = [];
      for (const [method] of split) answers.push(await line.answer(method));
      return answers;
    },
    { audits, lines: requests.length },
  ),
);
