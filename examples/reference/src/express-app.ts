import { createGate } from '@castellan/adapter-express';
import { type Castellan, Problem, principalOf, validateBody, validateQuery } from '@castellan/core';
import express, { type Express, type RequestHandler } from 'express';
import * as z from 'zod';
import { NewProject, ProjectId, ProjectPatch } from './projects/project-schema.ts';
import type { Projects } from './projects/projects.ts';

const Page = z.strictObject({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(20),
});

/** The reference app on Express. */
export function expressApp(castellan: Castellan, projects: Projects): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  const { guard, authRoutes, problems } = createGate(castellan, { parse: express.json({ limit: '64kb' }) });
  const idOf = (text: string | undefined): string => {
    if (!ProjectId.safeParse(text).success) throw new Problem('not_found');
    return text as string;
  };

  app.use('/auth', authRoutes);

  const service = 'castellan-reference';
  const ready: RequestHandler = async (_req, res) => {
    const healthy = await castellan.health();
    res.status(healthy ? 200 : 503).json({ ok: healthy, service, db_ok: healthy });
  };
  app.get('/health', ready);
  app.get('/health/ready', ready); // whether to send it requests
  app.get('/health/live', (_req, res) => void res.json({ ok: true, service })); // whether to restart it: the database is no reason

  app.post('/projects', guard({ audit: 'project.create' }), express.json({ limit: '64kb' }), async (req, res) => {
    const project = await projects.create(principalOf(req).subject, validateBody(NewProject, req.body));
    res.status(201).location(`/projects/${project.id}`).json(project);
  });
  app.get('/projects', guard(), async (req, res) => {
    const { page, page_size } = validateQuery(Page, new URL(req.originalUrl, 'http://localhost').searchParams);
    const { items, total } = await projects.list(principalOf(req).subject, page, page_size);
    res.json({ items, total, page, page_size, pages: Math.ceil(total / page_size) });
  });
  app.get('/projects/:id', guard(), async (req, res) => {
    res.json(await projects.read(principalOf(req).subject, idOf(req.params['id'])));
  });
  app.patch('/projects/:id', guard({ audit: 'project.update' }), express.json({ limit: '64kb' }), async (req, res) => {
    res.json(
      await projects.update(principalOf(req).subject, idOf(req.params['id']), validateBody(ProjectPatch, req.body)),
    );
  });
  app.delete('/projects/:id', guard({ audit: 'project.delete' }), async (req, res) => {
    await projects.remove(principalOf(req).subject, idOf(req.params['id']));
    res.status(204).end();
  });

  app.use(problems); // last
  return app;
}
