import { createGate as expressGate } from '@castellan/adapter-express';
import { createGate as fastifyGate } from '@castellan/adapter-fastify';
import { createGate as koaGate } from '@castellan/adapter-koa';
import type { Castellan, Policy } from '@castellan/core';
import Router from '@koa/router';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { listen, type Wire } from '../express/wire.ts';

/** A route whose handler answers what it returns, as JSON. */
export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly policy: Policy;
  readonly handle: () => object;
}

/** Serves the routes, `/auth` and `/health` as an app of its framework would, until the test is over. */
export type Serve = (castellan: Castellan, routes: readonly Route[]) => Promise<Wire>;

const onExpress: Serve = async (castellan, routes) => {
  const { front, guard, authRoutes, healthRoutes, problems } = expressGate(castellan);
  const app = express();
  app.use(front);
  app.use('/auth', authRoutes);
  app.use('/health', healthRoutes);
  for (const { method, path, policy, handle } of routes)
    app[method](path, guard(policy), (_req, res) => void res.json(handle()));
  app.use(problems);
  return listen(app);
};

const onFastify: Serve = async (castellan, routes) => {
  const { plugin, guard, authRoutes, healthRoutes, frameworkErrors } = fastifyGate(castellan);
  const app = fastify({ frameworkErrors });
  await app.register(plugin);
  await app.register(authRoutes, { prefix: '/auth' });
  await app.register(healthRoutes, { prefix: '/health' });
  for (const { method, path, policy, handle } of routes)
    app[method](path, { config: guard(policy) }, async () => handle());
  await app.ready();
  return listen((request, response) => app.routing(request, response));
};

const onKoa: Serve = async (castellan, routes) => {
  const { problems, guard, authRoutes, healthRoutes } = koaGate(castellan);
  const app = new Koa();
  app.use(problems).use(authRoutes('/auth')).use(healthRoutes('/health'));
  const router = new Router();
  for (const { method, path, policy, handle } of routes)
    router[method](path, guard(policy), (ctx) => {
      ctx.body = handle();
    });
  return listen(app.use(router.routes()).callback());
};

/** The three, by name. */
export const threeApps: readonly (readonly [name: 'Express' | 'Fastify' | 'Koa', serve: Serve])[] = [
  ['Express', onExpress],
  ['Fastify', onFastify],
  ['Koa', onKoa],
];
