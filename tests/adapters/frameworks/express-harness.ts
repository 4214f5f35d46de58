import http from 'node:http';
import { createGate } from '@castellan/adapter-express';
import type { AdapterHarness } from '@castellan/testkit';
import compression from 'compression';
import type express from 'express';
import { expressHandlers } from './express-handlers.ts';
import { listening } from './listening.ts';

/** The adapter on a version of Express. */
export function expressHarness(
  framework: typeof express,
  exceptions: AdapterHarness['exceptions'] = {},
): AdapterHarness {
  return {
    exceptions,
    async listen({ castellan, routes, stage, trustProxy, host, compression: place, parsed, looseRouting, ...options }) {
      const gate = createGate(castellan, options);
      const handlers = expressHandlers(stage, exceptions?.rejections === undefined);
      const app = framework();
      app.disable('x-powered-by').set('etag', false).set('env', 'test');
      app.set('strict routing', !looseRouting).set('case sensitive routing', !looseRouting);
      if (trustProxy) app.set('trust proxy', 1);
      if (place === 'outside') app.use(compression({ threshold: 0 }));
      if (parsed) app.use(framework.json());
      app.use(gate.front);
      app.use('/auth', gate.authRoutes);
      app.use('/health', gate.healthRoutes);
      for (const { method, path, policy, handler, unguarded } of routes) {
        const before = [
          ...(unguarded ? [] : [gate.guard(policy)]),
          ...(place === 'inside' ? [compression({ threshold: 0 })] : []),
        ];
        app[method === 'GET' ? 'get' : 'post'](path, ...before, handlers[handler]);
      }
      app.use(gate.problems);
      await castellan.start();
      return listening(http.createServer(app), host, () => castellan.stop());
    },
  };
}
