import http from 'node:http';
import { createRequire } from 'node:module';
import { createGate } from '@castellan/adapter-koa';
import type { AdapterHarness } from '@castellan/testkit';
import Router from '@koa/router';
import Koa from 'koa';
import compress from 'koa-compress';
import { koaHandlers } from './koa-handlers.ts';
import { listening } from './listening.ts';

/** Not imported: its types give every `IncomingMessage` of this program a body. */
const { bodyParser } = createRequire(import.meta.url)('@koa/bodyparser') as {
  readonly bodyParser: () => Koa.Middleware;
};

/** The adapter on Koa. */
export const koaHarness: AdapterHarness = {
  async listen({ castellan, routes, stage, trustProxy, host, compression, parsed, looseRouting, ...options }) {
    const gate = createGate(castellan, options);
    const handlers = koaHandlers(stage);
    const app = new Koa({ proxy: trustProxy ?? false, maxIpsCount: 1 });
    app.silent = true;
    const gzip = () => compress({ threshold: 0, br: false, deflate: false, zstd: false });
    if (compression === 'outside') app.use(gzip());
    app.use(gate.problems);
    if (parsed) app.use(bodyParser());
    app.use(gate.authRoutes('/auth'));
    app.use(gate.healthRoutes('/health'));
    const router = new Router({ strict: !looseRouting, sensitive: !looseRouting });
    for (const { method, path, policy, handler, unguarded } of routes)
      router[method === 'GET' ? 'get' : 'post'](
        path,
        ...(unguarded ? [] : [gate.guard(policy)]),
        ...(compression === 'inside' ? [gzip()] : []),
        handlers[handler],
      );
    app.use(router.routes());
    await castellan.start();
    return listening(http.createServer(app.callback()), host, () => castellan.stop());
  },
};
