import { createGate } from '@castellan/adapter-koa';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import ratelimit from 'koa-ratelimit';
import { HEADERS, KEYS, LIMIT, WINDOW_MS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { isCastellan, startLimited } from './limited-castellan.ts';
import { flexibleLimiter } from './limited-peers.ts';
import { benchRedis } from './redis.ts';

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
  if (isCastellan(name)) {
    const { castellan, policy, tokens, outages } = await startLimited(name);
    const { problems, guard } = createGate(castellan);
    app.use(problems);
    router.get('/me', guard(policy), answer);
    app.use(router.routes());
    return { token: '', tokens, listener: app.callback(), outages };
  }
  if (name === 'koa-ratelimit') {
    const id = (ctx: Context): string => ctx.get('authorization');
    app.use(ratelimit({ driver: 'redis', db: benchRedis(), duration: WINDOW_MS, max: LIMIT, id }));
    router.get('/me', answer);
    app.use(router.routes());
    return { token: '', tokens: KEYS, listener: app.callback() };
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
