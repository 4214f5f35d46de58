import { createGate } from '@castellan/adapter-koa';
import { principalOf } from '@castellan/core';
import Router from '@koa/router';
import Koa from 'koa';
import jwt from 'koa-jwt';
import { startCastellan } from './castellan.ts';
import type { Contestant } from './contestant.ts';
import { peerToken, secret } from './peer-token.ts';

/** One Koa app by its name. */
export async function koaContestant(name: string): Promise<Contestant> {
  const app = new Koa();
  const router = new Router();
  let token = '';
  if (name === 'bare')
    router.get('/me', (ctx) => {
      ctx.body = { sub: 'ada' };
    });
  else if (name === 'castellan') {
    const started = await startCastellan();
    token = started.token;
    const { problems, guard } = createGate(started.castellan);
    app.use(problems);
    router.get('/me', guard(), (ctx) => {
      ctx.body = { sub: principalOf(ctx).subject };
    });
  } else {
    const peer = await peerToken();
    token = peer.token;
    router.get('/me', jwt({ secret, algorithms: ['HS256'], ...peer.expected }), (ctx) => {
      ctx.body = { sub: (ctx.state['user'] as { sub: string }).sub };
    });
  }
  app.use(router.routes());
  return { token, listener: app.callback() };
}
