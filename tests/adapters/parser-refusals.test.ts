import type { AdapterHarness } from '@castellan/testkit';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { kitCastellan } from '../../packages/testkit/src/adapter-cases/kit-entry.ts';
import { createStage } from '../../packages/testkit/src/adapter-cases/stage.ts';
import { openLine } from '../../packages/testkit/src/adapter-cases/wire/line.ts';
import { expressHarness } from './frameworks/express-harness.ts';
import { fastifyHarness } from './frameworks/fastify-harness.ts';
import { koaHarness } from './frameworks/koa-harness.ts';

/** What an HTTP parser refuses never reaches the library: each framework answers in its own way. */
const refused: readonly (readonly [name: string, request: string, status: number])[] = [
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na', 400],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a length that is none', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
  [
    'chunks that are not the last coding',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n',
    400,
  ],
  ['a method that nobody knows', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a space in a name', 'GET / HTTP/1.1\r\nHost: x\r\nX Own: 1\r\n\r\n', 400],
  ['a control character in a value', 'GET / HTTP/1.1\r\nHost: x\r\nX-Own: a\u0001b\r\n\r\n', 400],
  ['a field that is folded', 'GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n', 400],
  ['another protocol', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['no protocol', 'hello\r\n\r\n', 400],
  ['fields of more than 16 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-Own: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['a target of more than 16 KiB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ['an expectation that nobody meets', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n', 417],
];

/** Answered by Node's server itself, whatever the framework. */
const byNode = new Set(['no Host', 'an expectation that nobody meets']);

const frameworks: readonly (readonly [string, AdapterHarness, (status: number) => string])[] = [
  ['express', expressHarness(express), () => ''],
  ['koa', koaHarness, () => ''],
  [
    'fastify',
    fastifyHarness,
    (status) =>
      status === 431
        ? '{"error":"Request Header Fields Too Large","message":"Exceeded maximum allowed HTTP header size","statusCode":431}'
        : '{"error":"Bad Request","message":"Client Error","statusCode":400}',
  ],
];

describe.each(frameworks)('what the parser refuses never reaches us: %s', (_, harness, ownBody) => {
  test('each with its status, the framework’s own body, and the end of the line', async () => {
    const castellan = kitCastellan();
    const stage = createStage();
    const app = await harness.listen({
      castellan,
      stage,
      routes: [{ method: 'GET', path: '/', handler: 'json', policy: {} }],
    });
    for (const [name, request, status] of refused) {
      const line = await openLine(app.port);
      line.write(request);
      const answer = await line.answer();
      const body = byNode.has(name) ? '' : ownBody(status);
      expect([name, answer.status, answer.body.toString()]).toEqual([name, status, body]);
      if (name !== 'an expectation that nobody meets') await line.untilEnded();
      line.drop();
    }
    expect([stage.ran, castellan.finished, castellan.reported]).toEqual([[], [], []]);
    await app.close();
  });
});
