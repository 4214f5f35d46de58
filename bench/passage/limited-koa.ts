import { createGate } from '@castellan/adapter-koa';
import { principalOf } from '@castellan/core';
import Router from '@koa/router';
import Koa from 'koa';
import jwt from 'koa-jwt';
import { HEADERS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { startLimited } from './limited-castellan.ts';
import { flexibleLimiter, peerTokens } from './limited-peers.ts';
import { secret } from './peer-token.ts';

/** One limited Koa app by its name. */
export async function limitedKoa(name: string): Promise<Contestant> {
  const app = new Koa();
  const router = new Router();
  if (name === 'headers') {
    router.get('/me', (ctx) => {
      for (const header in HEADERS) ctx.set(header, HEADERS[header] as string);
      ctx.body = { sub: 'ada' };
    });
    app.use(router.routes());
    return { token: '', listener: app.callback() };
  }
  if (name === 'castellan') {
    const { castellan, tokens, outages } = await startLimited();
    const { problems, guard } = createGate(castellan);
    app.use(problems);
    router.get('/me', guard(), (ctx) => {
      ctx.body = { sub: principalOf(ctx).subject };
    });
    app.use(router.routes());
    return { token: '', tokens, listener: app.callback(), outages };
  }
  const { tokens, expected } = await peerTokens();
  const consume = flexibleLimiter();
  const subjectOf = (state: Record<string, unknown>): string => (state['user'] as { sub: string }).sub;
  router.get(
    '/me',
    jwt({ secret, algorithms: ['HS256'], ...expected }),
    async (ctx, next) => {
      await consume(subjectOf(ctx.state), (header, value) => ctx.set(header, value));
      await next();
    },
    (ctx) => {
      ctx.body = { sub: subjectOf(ctx.state) };
    },
  );
  app.use(router.routes());
  return { token: '', tokens, listener: app.callback() };
}
