import { createGate } from '@castellan/adapter-koa';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import { HEADERS, KEYS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { startLimited } from './limited-castellan.ts';
import { flexibleLimiter } from './limited-peers.ts';

/** One limited Koa app by its name. */
export async function limitedKoa(name: string): Promise<Contestant> {
  const app = new Koa();
  const router = new Router();
  const answer = (ctx: Context): void => {
    ctx.body = { sub: 'ada' };
  };
  if (name === 'headers') {
    router.get('/me', (ctx) => {
      for (const header in HEADERS) ctx.set(header, HEADERS[header] as string);
      answer(ctx);
    });
    app.use(router.routes());
    return { token: '', listener: app.callback() };
  }
  if (name === 'castellan' || name === 'castellan-token') {
    const { castellan, policy, tokens, outages } = await startLimited(name === 'castellan-token');
    const { problems, guard } = createGate(castellan);
    app.use(problems);
    router.get('/me', guard(policy), answer);
    app.use(router.routes());
    return { token: '', tokens, listener: app.callback(), outages };
  }
  const consume = flexibleLimiter();
  router.get(
    '/me',
    async (ctx, next) => {
      await consume(ctx.get('authorization'), (header, value) => ctx.set(header, value));
      await next();
    },
    answer,
  );
  app.use(router.routes());
  return { token: '', tokens: KEYS, listener: app.callback() };
}
