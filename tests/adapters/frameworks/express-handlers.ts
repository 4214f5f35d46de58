import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { principalOf } from '@castellan/core';
import type { RouteHandlers, Stage } from '@castellan/testkit';
import type { Request, RequestHandler, Response } from 'express';

type Act = (req: Request, res: Response, next: (error?: unknown) => void) => unknown;

/** The cases' handlers in Express's words. */
export function expressHandlers(stage: Stage, looksAtPromises: boolean): RouteHandlers<RequestHandler> {
  const json = (res: Response): unknown => res.status(201).json({ a: 1 });
  const acts: RouteHandlers<Act> = {
    json: (_req, res) => json(res),
    async 'json-async'(_req, res) {
      await turn();
      json(res);
    },
    'json-callback': (_req, res) => void setImmediate(() => json(res)),
    async 'json-unreturned'(_req, res) {
      json(res);
      await turn();
    },
    'json-sent': (_req, res) => res.status(201).send({ a: 1 }),
    text: (_req, res) => res.type('text/plain').send(stage.text),
    bytes: (_req, res) => res.send(Buffer.from('abc')),
    empty: (_req, res) => res.status(204).end(),
    'empty-text': (_req, res) => res.type('text/plain').send(''),
    missing: (_req, res) => res.status(404).json({ own: true }),
    redirect: (_req, res) => res.redirect(303, '/elsewhere'),
    cookies: (_req, res) => res.cookie('a', '1').cookie('b', '2').json({}),
    headers: (_req, res) => res.set('x-request-id', 'own-request-id').set('X-Own', '1').json({}),
    large: (_req, res) => res.type('text/plain').send(stage.largeText),
    'node-end': (_req, res) => res.writeHead(202, { 'content-type': 'text/plain' }).end('abc'),
    'node-write'(_req, res) {
      res.setHeader('content-type', 'text/plain');
      res.write('abc');
      res.write('def');
      res.end('ghi');
    },
    twice(_req, res) {
      json(res);
      json(res);
    },
    who: (req, res) =>
      res.json({ subject: principalOf(req).subject, id: req.params['id'], at: req.query['at'] ?? null }),
    echo: (req, res) => res.json({ body: req.body ?? null }),
    stream: (_req, res) => stage.source().pipe(res.type('text/plain')),
    'stream-length': (_req, res) => stage.source().pipe(res.type('text/plain').set('content-length', '9')),
    'stream-web': (_req, res) => Readable.fromWeb(Readable.toWeb(stage.source()) as never).pipe(res.type('text/plain')),
    'stream-large': (_req, res) => stage.largeSource().pipe(res.type('text/plain')),
    'stream-half': (_req, res, next) => stage.halfSource().on('error', next).pipe(res.type('text/plain')),
    'stream-half-length': (_req, res, next) =>
      stage.halfSource().on('error', next).pipe(res.type('text/plain').set('content-length', '9')),
    'stream-failed': (_req, res, next) => stage.failedSource().on('error', next).pipe(res.type('text/plain')),
    async flushed(_req, res) {
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
    'pass-error': (_req, _res, next) => next(stage.error()),
    'throw-status'() {
      throw Object.assign(stage.error(), { status: 409 });
    },
    'throw-text'() {
      throw 'no error at all';
    },
    'throw-dressed'(_req, res) {
      res.cookie('a', '1').set({ 'X-Own': '1', ETag: '"1"', 'Content-Encoding': 'br', 'Cache-Control': 'public' });
      res.status(201);
      throw stage.problem();
    },
    async 'throw-answered'(_req, res) {
      json(res);
      throw stage.error();
    },
    async 'throw-half'(_req, res) {
      res.setHeader('content-type', 'text/plain');
      res.write('abc');
      await stage.go();
      throw stage.error();
    },
    async slow(_req, res) {
      await stage.go();
      json(res);
    },
    never() {},
  };
  const handlers = Object.entries(acts).map(([name, act]: [string, Act]): [string, RequestHandler] => [
    name,
    (req, res, next) => {
      stage.entered(name as keyof RouteHandlers<unknown>);
      const result = act(req, res, next);
      if (!(result instanceof Promise)) return;
      if (name !== 'reject-alone') return result.catch(next); // as an app on Express 4 must
      if (!looksAtPromises) result.catch(() => {}); // would end the process
      return result;
    },
  ]);
  return Object.fromEntries(handlers) as unknown as RouteHandlers<RequestHandler>;
}
