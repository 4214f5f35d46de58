import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { testExchange } from '../../../../tests/support/exchanges.ts';
import { originOf } from './origin-of.ts';
import { exchangeFactory, givenRequestId } from './request-id.ts';
import { principalOf, seatOf, takeSeat, withPrincipal } from './seat.ts';

function incoming(headers: Record<string, string> = {}, more: object = {}): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  return Object.assign(request, { method: 'GET', url: '/orders/1?secret=1', headers }, more);
}

describe('principalOf', () => {
  it('is found on Node’s request and inside Fastify’s and Koa’s', () => {
    const raw = withPrincipal(incoming(), { subject: 'alice', scopes: new Set(['a']) });
    const expected = { subject: 'alice', tenant: '', sessionId: 'test', scopes: new Set(['a']), tier: '', claims: {} };
    expect(principalOf(raw)).toEqual(expected);
    expect(principalOf({ raw })).toEqual(expected);
    expect(principalOf({ req: raw })).toEqual(expected);
  });

  it('withPrincipal seats the raw request of any carrier, and takes a bare object for one', () => {
    const raw = incoming();
    const context = withPrincipal({ req: raw }, { subject: 'bob' });
    expect(principalOf(context).subject).toBe('bob');
    expect(principalOf(raw).subject).toBe('bob');
    expect(principalOf(withPrincipal({} as IncomingMessage, { subject: 'carol' })).subject).toBe('carol');
  });

  it('on a route without one it is a TypeError that says what to do, and keeps the query to itself', () => {
    expect(() => principalOf(incoming())).toThrow(
      /^principalOf: GET \/orders\/1 has no principal. Put guard\(\) before/,
    );
    const guarded = incoming();
    takeSeat(guarded, { exchange: testExchange(), passage: undefined });
    expect(() => principalOf(guarded)).toThrow(TypeError);
    expect(seatOf(guarded)).toBeDefined();
  });
});

describe('originOf', () => {
  it('of an exchange: canonical address, user agent cut to 512, request id', () => {
    const exchange = testExchange({ ip: '::ffff:192.0.2.7', headers: { 'user-agent': `x${'😀'.repeat(400)}` } });
    const origin = originOf(exchange);
    expect(origin).toMatchObject({ ip: '192.0.2.7', requestId: 'request-1' });
    expect(origin.userAgent?.length).toBe(512);
    expect(origin.userAgent?.isWellFormed()).toBe(true);
  });

  it('of a seated request it is its exchange’s', () => {
    const raw = incoming({}, { ip: '198.51.100.1' });
    takeSeat(raw, { exchange: testExchange(), passage: undefined });
    expect(originOf({ raw })).toEqual({ ip: '192.0.2.1', userAgent: null, requestId: 'request-1' });
  });

  it('of any other it is what the framework says, else the socket', () => {
    expect(originOf(incoming({ 'x-request-id': 'abcdefgh' }, { ip: '198.51.100.1' }))).toEqual({
      ip: '198.51.100.1',
      userAgent: null,
      requestId: 'abcdefgh',
    });
    expect(originOf(Object.assign({ raw: incoming() }, { ip: '198.51.100.2' })).ip).toBe('198.51.100.2');
    expect(originOf(incoming({}, { socket: { remoteAddress: '::ffff:198.51.100.3' } })).ip).toBe('198.51.100.3');
    expect(originOf(incoming({ 'user-agent': 'curl' }))).toEqual({ ip: null, userAgent: 'curl', requestId: null });
  });
});

describe('exchangeFactory', () => {
  const begin = exchangeFactory({ makeId: () => 'made', tenantOf: ({ target }) => target.slice(1) });

  it('takes a well-formed request id, makes one otherwise, and says it on every exit', () => {
    expect(begin({ ...testExchange().request, headers: { 'x-request-id': 'trace:0af7.651-9' } })).toMatchObject({
      context: { requestId: 'trace:0af7.651-9' },
      headers: { 'x-request-id': 'trace:0af7.651-9' },
    });
    expect(begin(testExchange({ target: '/acme' }).request)).toMatchObject({
      context: { requestId: 'made', tenant: 'acme' },
      headers: { 'x-request-id': 'made' },
    });
  });

  it.each(['short', 'has a space', 'x'.repeat(129), 'new\nline-in-it', '<script>alert(1)', '{"json":1}', ''])(
    '%j is not well-formed',
    (given) => {
      expect(givenRequestId({ 'x-request-id': given })).toBeUndefined();
    },
  );
});
