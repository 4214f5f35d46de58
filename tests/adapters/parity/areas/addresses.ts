import { ask, type ParityExchange, scripted } from '../exchange.ts';
import type { ParityRequest } from '../parity-app.ts';

/** Whose address the guards, the audit and the mounted endpoints see. */
export const addresses: readonly ParityExchange[] = (
  [
    ['IPv6', '::1'],
    ['IPv4 on a socket for both, which tells it as a mapped address', '127.0.0.1'],
  ] as const
).flatMap(([name, host]) =>
  ['/seen/json', '/view', '/auth/none', '/seen/throw-error'].map((target) =>
    scripted(
      `${name}: ${target}`,
      async (app) => [await (await app.line(host)).call({ target, headers: { 'user-agent': 'probe/1' } })],
      { variant: 'dual', audits: target.startsWith('/seen') ? 1 : 0, lines: 1 },
    ),
  ),
);

const forged: readonly (readonly [string, ParityRequest['headers']])[] = [
  ['none', {}],
  ['one', { 'X-Forwarded-For': '203.0.113.9' }],
  ['two: the nearest proxy has added the last', { 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' }],
  ['two fields', { 'X-Forwarded-For': ['203.0.113.9', '198.51.100.7'] }],
  ['a long chain', { 'X-Forwarded-For': '10.0.0.1, 10.0.0.2, 10.0.0.3, 2001:db8::1' }],
  ['a mapped address', { 'X-Forwarded-For': '::ffff:198.51.100.7' }],
  ['an IPv6 address', { 'X-Forwarded-For': '2001:DB8:0::0001' }],
  ['no address', { 'X-Forwarded-For': 'unknown' }],
  ['an address with a port', { 'X-Forwarded-For': '198.51.100.7:4711' }],
  ['empty', { 'X-Forwarded-For': '' }],
  ['spaces and commas', { 'X-Forwarded-For': ' 203.0.113.9 ,, 198.51.100.7 ' }],
  ['only commas', { 'X-Forwarded-For': ',,' }],
  ['Forwarded, which none of them reads', { Forwarded: 'for=203.0.113.9' }],
  ['X-Real-IP, which none of them reads', { 'X-Real-IP': '203.0.113.9' }],
];

/** Forged `X-Forwarded-For`, believed and not. */
export const trustProxy: readonly ParityExchange[] = (['plain', 'proxied'] as const).flatMap((variant) =>
  forged.flatMap(([name, headers = {}]) => [
    ask(`${variant}, ${name}: seen by a guard`, { target: '/view', headers }, { variant }),
    ask(`${variant}, ${name}: in the audit`, { target: '/seen/json', headers }, { variant, audits: 1 }),
  ]),
);
