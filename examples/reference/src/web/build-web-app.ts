import { expressApp } from './express-app.ts';
import { fastifyApp } from './fastify-app.ts';
import { koaApp } from './koa-app.ts';
import type { BuildWebApp, FrameworkName } from './web-app.ts';

/** The reference app in each framework. */
export const buildWebApp: Readonly<Record<FrameworkName, BuildWebApp>> = {
  express: expressApp,
  fastify: fastifyApp,
  koa: koaApp,
};
