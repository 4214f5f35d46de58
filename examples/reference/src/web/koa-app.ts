import { createGate } from '@castellan/adapter-koa';
import { bodyOf, principalOf } from '@castellan/core';
import Router from '@koa/router';
import Koa from 'koa';
import { NewProject, ProjectPatch } from '../projects/project-schema.ts';
import { type BuildWebApp, queryOf } from './web-app.ts';

/** The reference app on Koa. */
export const koaApp: BuildWebApp = async (castellan, projects) => {
  const { problems, guard, authRoutes, healthRoutes } = createGate(castellan);
  const app = new Koa();
  const router = new Router();

  app.use(problems); // first
  app.use(authRoutes('/auth'));
  app.use(healthRoutes('/health'));

  router.post('/projects', guard({ audit: 'project.create', body: NewProject }), async (ctx) => {
    const project = await projects.create(principalOf(ctx).subject, bodyOf(ctx, NewProject));
    ctx.status = 201;
    ctx.set('location', `/projects/${project.id}`);
    ctx.body = project;
  });
  router.get('/projects', guard(), async (ctx) => {
    ctx.body = await projects.list(principalOf(ctx).subject, queryOf(ctx.originalUrl));
  });
  router.get('/projects/:id', guard(), async (ctx) => {
    ctx.body = await projects.read(principalOf(ctx).subject, ctx.params['id'] ?? '');
  });
  router.patch('/projects/:id', guard({ audit: 'project.update', body: ProjectPatch }), async (ctx) => {
    ctx.body = await projects.update(principalOf(ctx).subject, ctx.params['id'] ?? '', bodyOf(ctx, ProjectPatch));
  });
  router.delete('/projects/:id', guard({ audit: 'project.delete' }), async (ctx) => {
    await projects.remove(principalOf(ctx).subject, ctx.params['id'] ?? '');
    ctx.status = 204;
  });

  router.get('/statistics', guard({ tier: 'operator' }), async (ctx) => {
    ctx.body = await projects.statistics();
  });

  app.use(router.routes());
  return { listener: app.callback(), close: async () => {} };
};
