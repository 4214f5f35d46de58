import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { principalOf } from '@castellan/core';
import type { HandlerName, RouteHandlers, Stage } from '@castellan/testkit';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A handler of Fastify's, as far as the cases go. */
export type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** The cases' handlers in Fastify's words. */
export function fastifyHandlers(stage: Stage): RouteHandlers<FastifyHandler> {
  const json = (reply: FastifyReply): FastifyReply => reply.code(201).send({ a: 1 });
  const text = (reply: FastifyReply): FastifyReply => reply.type('text/plain; charset=utf-8');
  const cookie = (reply: FastifyReply, name: string): FastifyReply => reply.header('set-cookie', `${name}; Path=/`);
  /** Past Fastify; what stands on a hijacked reply stays there unless it is taken along. */
  const raw = (reply: FastifyReply): FastifyReply['raw'] => {
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    return reply.hijack().raw;
  };
  const acts: RouteHandlers<FastifyHandler> = {
    json: (_request, reply) => void json(reply),
    async 'json-async'(_request, reply) {
      await turn();
      reply.code(201);
      return { a: 1 };
    },
    'json-callback': (_request, reply) => void setImmediate(() => json(reply)),
    async 'json-unreturned'(_request, reply) {
      json(reply);
      await turn();
    },
    async 'json-sent'(_request, reply) {
      return json(reply);
    },
    text: async (_request, reply) => text(reply).send(stage.text),
    bytes: async () => Buffer.from('abc'),
    empty: (_request, reply) => void reply.code(204).send(),
    'empty-text': (_request, reply) => void text(reply).send(''),
    missing: (_request, reply) => void reply.code(404).send({ own: true }),
    redirect: (_request, reply) => void reply.redirect('/elsewhere', 303),
    cookies: async (_request, reply) => cookie(cookie(reply, 'a=1'), 'b=2').send({}),
    headers: async (_request, reply) => reply.header('x-request-id', 'own-request-id').header('X-Own', '1').send({}),
    large: async (_request, reply) => text(reply).send(stage.largeText),
    'node-end': (_request, reply) => void raw(reply).writeHead(202, { 'content-type': 'text/plain' }).end('abc'),
    'node-write'(_request, reply) {
      const res = raw(reply);
      res.setHeader('content-type', 'text/plain');
      res.write('abc');
      res.write('def');
      res.end('ghi');
    },
    twice(_request, reply) {
      json(reply);
      json(reply);
    },
    async who(request) {
      const { id } = request.params as { id?: string };
      return { subject: principalOf(request).subject, id, at: (request.query as { at?: string }).at ?? null };
    },
    echo: async ({ body }) => ({ body: body ?? null }),
    stream: async (_request, reply) => text(reply).send(stage.source()),
    'stream-length': async (_request, reply) => text(reply).header('content-length', '9').send(stage.source()),
    'stream-web': async (_request, reply) => text(reply).send(Readable.toWeb(stage.source())),
    'stream-large': async (_request, reply) => text(reply).send(stage.largeSource()),
    'stream-half': (_request, reply) => void text(reply).send(stage.halfSource()),
    'stream-half-length': (_request, reply) => void text(reply).header('content-length', '9').send(stage.halfSource()),
    'stream-failed': (_request, reply) => void text(reply).send(stage.failedSource()),
    async flushed(_request, reply) {
      const res = raw(reply);
      res.setHeader('content-type', 'text/plain');
      res.flushHeaders();
      await stage.go();
      res.end('abc');
    },
    'throw-problem'() {
      throw stage.problem();
    },
    async 'reject-problem'() {
      await turn();
      throw stage.problem();
    },
    'throw-error'() {
      throw stage.error();
    },
    async 'reject-error'() {
      await turn();
      throw stage.error();
    },
    async 'reject-alone'() {
      await turn();
      throw stage.error();
    },
    'pass-error': (_request, reply) => void reply.send(stage.error()),
    'throw-status'() {
      throw Object.assign(stage.error(), { status: 409 });
    },
    'throw-text'() {
      throw 'no error at all';
    },
    'throw-dressed'(_request, reply) {
      cookie(reply, 'a=1').headers({ 'X-Own': '1', ETag: '"1"', 'Content-Encoding': 'br', 'Cache-Control': 'public' });
      reply.code(201);
      throw stage.problem();
    },
    async 'throw-answered'(_request, reply) {
      json(reply);
      throw stage.error();
    },
    async 'throw-half'(_request, reply) {
      const res = raw(reply);
      res.setHeader('content-type', 'text/plain');
      res.write('abc');
      await stage.go();
      throw stage.error();
    },
    async slow(_request, reply) {
      await stage.go();
      return json(reply);
    },
    never() {},
  };
  const handlers = Object.entries(acts).map(([name, act]): [string, FastifyHandler] => [
    name,
    (request, reply) => {
      stage.entered(name as HandlerName);
      return act(request, reply);
    },
  ]);
  return Object.fromEntries(handlers) as unknown as RouteHandlers<FastifyHandler>;
}
