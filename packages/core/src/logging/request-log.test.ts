import { describe, expect, test } from 'vitest';
import type { Exchange, HttpRequest } from '../http/index.ts';
import { carefulLogger, checkLogger, type LogFields, type Logger } from './logger.ts';
import { createRequestLog } from './request-log.ts';

interface Line {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string | undefined;
}

function scene() {
  const lines: Line[] = [];
  const keep =
    (level: string): Logger['info'] =>
    (fields, message) =>
      void lines.push({ level, fields, message });
  const logger: Logger = { info: keep('info'), warn: keep('warn'), error: keep('error') };
  return { lines, log: createRequestLog(logger, () => 1012.34) };
}
const exchangeOf = (request: Partial<HttpRequest> = {}, requestId = 'request-1'): Exchange => ({
  request: {
    method: 'GET',
    target: '/orders/7?token=canary#canary',
    route: '/orders/:id',
    headers: { authorization: 'Bearer canary', 'user-agent': 'canary', cookie: 'sid=canary' },
    ip: '203.0.113.7',
    arrivedAt: 1000,
    gone: false,
    ...request,
  },
  context: {
    requestId,
    tenant: 'acme',
    principal: { subject: 'canary', tenant: 'acme', sessionId: 'canary', scopes: new Set(), tier: 'free', claims: {} },
  },
  headers: {},
});

describe('the line of a request', () => {
  test('says what was asked and how it ended, and nothing of the person', () => {
    const { lines, log } = scene();
    log.finished(exchangeOf(), { status: 200, aborted: false });
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'request',
        fields: {
          request_id: 'request-1',
          method: 'GET',
          path: '/orders/7',
          route: '/orders/:id',
          status: 200,
          latency_ms: 12.3,
        },
      },
    ]);
  });
  test('is an error from 500 on; a refusal is ordinary', () => {
    const { lines, log } = scene();
    for (const status of [204, 304, 401, 404, 429, 499, 500, 503])
      log.finished(exchangeOf(), { status, aborted: false });
    expect(lines.map(({ level, fields }) => `${level} ${String(fields['status'])}`)).toEqual([
      ...[204, 304, 401, 404, 429, 499].map((status) => `info ${status}`),
      'error 500',
      'error 503',
    ]);
  });
  test('an answer whose line was cut is marked', () => {
    const { lines, log } = scene();
    log.finished(exchangeOf(), { status: 200, aborted: true });
    expect(lines[0]?.fields).toMatchObject({ aborted: true });
  });
  test('has no route where there is none, and no time below nothing', () => {
    const { lines, log } = scene();
    log.finished(exchangeOf({ route: undefined, arrivedAt: 5000 }), { status: 404, aborted: false });
    expect(lines[0]?.fields).not.toHaveProperty('route');
    expect(lines[0]?.fields).toMatchObject({ latency_ms: 0 });
  });
  test.each([
    ['https://user:canary@api.example.com/orders?canary', '/orders'],
    ['//canary-is-a-path/x', '//canary-is-a-path/x'],
    ['*', '*'],
    ['/reset/cst_rt_abcdefcanary', '/reset/[redacted]'],
    ['/verify/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.canary', '/verify/[redacted]'],
  ])('the path of %s is %s', (target, path) => {
    const { lines, log } = scene();
    log.finished(exchangeOf({ target }), { status: 200, aborted: false });
    expect(lines[0]?.fields).toMatchObject({ path });
  });
  test('a path of 16 KB is cut, and a token that somebody sent as its request id is masked', () => {
    const { lines, log } = scene();
    const id = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.canary';
    log.finished(exchangeOf({ target: `/${'a'.repeat(16_000)}` }, id), { status: 404, aborted: false });
    expect(lines[0]?.fields).toMatchObject({ path: `/${'a'.repeat(1023)}`, request_id: '[redacted]' });
  });
});

describe('the line of a failed request', () => {
  test('has the stack and the request, and no secret of the request', () => {
    const { lines, log } = scene();
    log.failed(exchangeOf({ headers: { cookie: 'sid=canary-in-cookie' } }), new Error('no session canary-in-cookie'));
    expect(lines).toMatchObject([
      {
        level: 'error',
        message: 'request failed',
        fields: { request_id: 'request-1', path: '/orders/7', error: { message: 'no session [redacted]' } },
      },
    ]);
    expect(JSON.stringify(lines)).toContain('request-log.test.ts');
    expect(JSON.stringify(lines)).not.toContain('canary');
  });
});

describe('a logger', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('the disk is full');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('the disk is full'))],
  ])('that %s breaks nothing', async (_, fail) => {
    const careful = carefulLogger({ info: fail, warn: fail, error: fail });
    for (const level of ['info', 'warn', 'error'] as const) expect(() => careful[level]({})).not.toThrow();
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would end the test run
  });
  test('is called as a method: pino has a this', () => {
    const logger = {
      lines: 0,
      info() {
        this.lines++;
      },
      warn() {},
      error() {},
    };
    carefulLogger(logger).info({});
    expect(logger.lines).toBe(1);
  });
  test.each([[{}], [null], ['console'], [{ info() {}, warn() {} }]])(
    '%j is none: a TypeError names what is missing',
    (it) => {
      expect(() => checkLogger(it)).toThrow(/^logger\.\w+ must be a function/);
    },
  );
});
