import { ask, type ExchangeSettings, type ParityExchange } from '../exchange.ts';
import type { ParityRequest } from '../parity-app.ts';

const post = (
  name: string,
  target: string,
  body: ParityRequest['body'],
  type: string | null,
  more: ParityRequest = {},
  settings: ExchangeSettings = {},
): ParityExchange =>
  ask(
    `${target}: ${name}`,
    {
      method: 'POST',
      target,
      ...(body !== undefined && { body }),
      ...more,
      headers: { ...(type !== null && { 'content-type': type }), ...more.headers },
    },
    { audits: target.startsWith('/body') ? 1 : 0, ...settings },
  );

const JSON_TYPE = 'application/json';
const cases: readonly (readonly [string, ParityRequest['body'], string | null, ParityRequest?])[] = [
  ['good', '{"total":1}', JSON_TYPE],
  ['good, in a chunk', '{"total":1}', JSON_TYPE, { chunked: true }],
  ['good, with a charset', '{"total":1,"note":"ä"}', 'application/json; charset=UTF-8'],
  ['good, with white space', ' {"total" : 1 } \n', JSON_TYPE],
  ['no body', undefined, null],
  ['no body, but a type', undefined, JSON_TYPE],
  ['an empty body', '', JSON_TYPE],
  ['an empty chunk', '', JSON_TYPE, { chunked: true }],
  ['white space only', '   ', JSON_TYPE],
  ['broken', '{"total":', JSON_TYPE],
  ['no JSON at all', 'hello', JSON_TYPE],
  ['two members of one name', '{"total":1,"total":2}', JSON_TYPE],
  ['a byte-order mark', '\uFEFF{"total":1}', JSON_TYPE],
  ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), JSON_TYPE],
  ['__proto__', '{"total":1,"__proto__":{"a":1}}', JSON_TYPE],
  ['another type', 'total=1', 'application/x-www-form-urlencoded'],
  ['plain text', '{"total":1}', 'text/plain'],
  ['no type', '{"total":1}', null],
  ['a type that is none', '{"total":1}', 'json'],
  ['another charset', '{"total":1}', 'application/json; charset=utf-16'],
  ['a content coding', '{"total":1}', JSON_TYPE, { headers: { 'content-encoding': 'gzip' } }],
  ['a wrong member', '{"total":"1"}', JSON_TYPE],
  ['an unknown member', '{"total":1,"admin":true}', JSON_TYPE],
  ['a list', '[]', JSON_TYPE],
  ['null', 'null', JSON_TYPE],
  ['a text', '"1"', JSON_TYPE],
  ['deep nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, JSON_TYPE],
  ['too long', `{"total":1,"note":"${'x'.repeat(30_000)}"}`, JSON_TYPE],
  ['too long, in a chunk', `{"total":1,"note":"${'x'.repeat(30_000)}"}`, JSON_TYPE, { chunked: true }],
  ['exactly as long as it may be', `{"total":1,"note":"${'x'.repeat(20_000 - 21)}"}`, JSON_TYPE],
];

/** Bodies that a policy looks at: read here, by the same rules everywhere. */
export const bodies: readonly ParityExchange[] = [
  ...cases.map(([name, body, type, more]) => post(name, '/body', body, type, more)),
  ...cases
    .slice(0, 12)
    .map(([name, body, type, more]) => post(`${name}, refused before`, '/body/closed', body, type, more)),
  ...cases
    .slice(0, 4)
    .map(([name, body, type, more]) => post(`${name}, let in`, '/body/closed', body, type, { ...more, as: 'good' })),
];

/** Bodies that the app's own parser has read before: what the policy makes of them. */
export const parsedBodies: readonly ParityExchange[] = cases
  .filter(([name]) => ['good', 'no body', 'a wrong member', 'an unknown member', 'a list'].includes(name))
  .map(([name, body, type, more]) => post(name, '/body', body, type, more, { variant: 'parsed' }));

/** Bodies that a mounted endpoint reads. */
export const endpointBodies: readonly ParityExchange[] = [
  ...cases.map(([name, body, type, more]) => post(name, '/auth/login', body, type, more)),
  post('more than 64 KiB', '/auth/login', `{"email":"${'x'.repeat(66_000)}"}`, JSON_TYPE),
  post('more than 64 KiB, in a chunk', '/auth/login', `{"email":"${'x'.repeat(66_000)}"}`, JSON_TYPE, {
    chunked: true,
  }),
];
