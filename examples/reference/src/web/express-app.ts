import { assertGuarded, createGate } from '@castellan/adapter-express';
import { bodyOf, principalOf } from '@castellan/core';
import express from 'express';
import { NewProject, ProjectPatch } from '../projects/project-schema.ts';
import { type BuildWebApp, queryOf } from './web-app.ts';

/** The reference app on Express. */
export const expressApp: BuildWebApp = async (castellan, projects) => {
  const { front, guard, authRoutes, healthRoutes, problems } = createGate(castellan);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);

  app.use(front); // first
  app.use('/auth', authRoutes);
  app.use('/health', healthRoutes);

  app.post('/projects', guard({ audit: 'project.create', body: NewProject }), async (req, res) => {
    const project = await projects.create(principalOf(req).subject, bodyOf(req, NewProject));
    res.status(201).location(`/projects/${project.id}`).json(project);
  });
  app.get('/projects', guard(), async (req, res) => {
    res.json(await projects.list(principalOf(req).subject, queryOf(req.originalUrl)));
  });
  app.get('/projects/:id', guard(), async (req, res) => {
    res.json(await projects.read(principalOf(req).subject, req.params.id));
  });
  app.patch('/projects/:id', guard({ audit: 'project.update', body: ProjectPatch }), async (req, res) => {
    res.json(await projects.update(principalOf(req).subject, req.params.id, bodyOf(req, ProjectPatch)));
  });
  app.delete('/projects/:id', guard({ audit: 'project.delete' }), async (req, res) => {
    await projects.remove(principalOf(req).subject, req.params.id);
    res.status(204).end();
  });

  app.get('/statistics', guard({ tier: 'operator' }), async (_req, res) => {
    res.json(await projects.statistics());
  });

  app.use(problems); // last
  assertGuarded(app); // Express can't refuse a route without a guard by itself
  return { listener: app, close: async () => {} };
};
