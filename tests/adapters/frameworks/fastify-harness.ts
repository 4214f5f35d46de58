import type { AddressInfo } from 'node:net';
import { createGate } from '@castellan/adapter-fastify';
import type { AdapterHarness } from '@castellan/testkit';
import compress from '@fastify/compress';
import fastify from 'fastify';
import { fastifyHandlers } from './fastify-handlers.ts';

/** The adapter on Fastify. */
export const fastifyHarness: AdapterHarness = {
  exceptions: {
    unguarded: "a route that needs no policy is another plugin's, and so are its errors",
    begun: 'Fastify only logs what is thrown after an answer has begun on `reply.raw`',
  },
  async listen({ castellan, routes, stage, trustProxy, host, compression, parsed: _, looseRouting, ...options }) {
    const except = routes.filter(({ unguarded }) => unguarded).map(({ method, path }) => `${method} ${path}`);
    const gate = createGate(castellan, {
      ...options,
      except: [...except, ...except.map((one) => one.replace('GET', 'HEAD'))],
    });
    const handlers = fastifyHandlers(stage);
    const app = fastify({
      frameworkErrors: gate.frameworkErrors,
      ...(trustProxy && { trustProxy: (_address: string, hop: number) => hop < 1 }),
      routerOptions: looseRouting ? { ignoreTrailingSlash: true, caseSensitive: false } : {},
      forceCloseConnections: true,
    });
    if (compression) await app.register(compress, { threshold: 0, encodings: ['gzip'] });
    await app.register(gate.plugin);
    await app.register(gate.authRoutes, { prefix: '/auth' });
    await app.register(gate.healthRoutes, { prefix: '/health' });
    for (const { method, path: url, policy, handler, unguarded } of routes)
      app.route({ method, url, config: unguarded ? {} : gate.guard(policy), handler: handlers[handler] });
    await app.listen({ port: 0, host: host ?? '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
};
