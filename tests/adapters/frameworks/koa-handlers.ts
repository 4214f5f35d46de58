import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { principalOf } from '@castellan/core';
import type { HandlerName, RouteHandlers, Stage } from '@castellan/testkit';
import type { Context } from 'koa';

/** A handler of Koa's. */
export type KoaHandler = (context: Context) => unknown;

/** The cases' handlers in Koa's words. */
export function koaHandlers(stage: Stage): RouteHandlers<KoaHandler> {
  const json = (context: Context): void => {
    context.status = 201;
    context.body = { a: 1 };
  };
  const text = (context: Context, body: unknown, length?: number): void => {
    context.type = 'text/plain';
    context.body = body;
    if (length !== undefined) context.length = length;
  };
  /** Past Koa. */
  const raw = (context: Context): Context['res'] => {
    context.respond = false;
    return context.res;
  };
  /** Koa answers when its middlewares are done; before that only Node's own does. */
  const answered = ({ res }: Context): void => {
    res.statusCode = 201;
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.setHeader('content-length', '7');
    res.end('{"a":1}');
  };
  const acts: RouteHandlers<KoaHandler> = {
    json,
    async 'json-async'(context) {
      await turn();
      json(context);
    },
    'json-callback': (context) =>
      new Promise<void>((resolve) =>
        setImmediate(() => {
          json(context);
          resolve();
        }),
      ),
    async 'json-unreturned'(context) {
      json(context);
      await turn();
    },
    'json-sent'(context) {
      context.status = 201;
      context.type = 'json';
      context.body = '{"a":1}';
    },
    text: (context) => text(context, stage.text),
    bytes(context) {
      context.body = Buffer.from('abc');
    },
    empty(context) {
      context.status = 204;
    },
    'empty-text': (context) => text(context, ''),
    missing(context) {
      context.status = 404;
      context.body = { own: true };
    },
    redirect(context) {
      context.status = 303;
      context.redirect('/elsewhere');
    },
    cookies(context) {
      context.cookies.set('a', '1', { httpOnly: false });
      context.append('Set-Cookie', 'b=2; Path=/');
      context.set('Set-Cookie', ['a=1; Path=/', 'b=2; Path=/']);
      context.body = {};
    },
    headers(context) {
      context.set('x-request-id', 'own-request-id');
      context.set('X-Own', '1');
      context.body = {};
    },
    large: (context) => text(context, stage.largeText),
    'node-end': (context) => void raw(context).writeHead(202, { 'content-type': 'text/plain' }).end('abc'),
    'node-write'(context) {
      const res = raw(context);
      res.statusCode = 200;
      res.setHeader('content-type', 'text/plain');
      res.write('abc');
      res.write('def');
      res.end('ghi');
    },
    twice(context) {
      answered(context);
      context.body = { second: true };
    },
    who(context) {
      const { id } = context['params'] as { id?: string };
      context.body = { subject: principalOf(context).subject, id, at: context.query['at'] ?? null };
    },
    echo(context) {
      context.body = { body: (context.request as { body?: unknown }).body ?? null };
    },
    stream: (context) => text(context, stage.source()),
    'stream-length': (context) => text(context, stage.source(), 9),
    'stream-web': (context) => text(context, Readable.toWeb(stage.source())),
    'stream-large': (context) => text(context, stage.largeSource()),
    'stream-half': (context) => text(context, stage.halfSource()),
    'stream-half-length': (context) => text(context, stage.halfSource(), 9),
    'stream-failed': (context) => text(context, stage.failedSource()),
    async flushed(context) {
      const res = raw(context);
      res.statusCode = 200;
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
    'pass-error': (context) => context.throw(stage.error()),
    'throw-status'() {
      throw Object.assign(stage.error(), { status: 409 });
    },
    'throw-text'() {
      throw 'no error at all';
    },
    'throw-dressed'(context) {
      context.set('Set-Cookie', 'a=1; Path=/');
      context.set({ 'X-Own': '1', ETag: '"1"', 'Content-Encoding': 'br', 'Cache-Control': 'public' });
      context.status = 201;
      throw stage.problem();
    },
    'throw-answered'(context) {
      answered(context);
      throw stage.error();
    },
    async 'throw-half'(context) {
      context.res.statusCode = 200;
      context.res.setHeader('content-type', 'text/plain');
      context.res.write('abc');
      await stage.go();
      throw stage.error();
    },
    async slow(context) {
      await stage.go();
      json(context);
    },
    never: () => new Promise(() => {}),
  };
  const handlers = Object.entries(acts).map(([name, act]): [string, KoaHandler] => [
    name,
    async (context) => {
      stage.entered(name as HandlerName);
      await act(context);
    },
  ]);
  return Object.fromEntries(handlers) as unknown as RouteHandlers<KoaHandler>;
}
