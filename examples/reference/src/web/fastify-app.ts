import { createGate } from '@castellan/adapter-fastify';
import { bodyOf, principalOf } from '@castellan/core';
import fastify from 'fastify';
import { NewProject, ProjectPatch } from '../projects/project-schema.ts';
import { type BuildWebApp, queryOf } from './web-app.ts';

/** The reference app on Fastify. */
export const fastifyApp: BuildWebApp = async (castellan, projects) => {
  const { plugin, guard, authRoutes, healthRoutes, frameworkErrors } = createGate(castellan);
  const app = fastify({ frameworkErrors });

  await app.register(plugin); // before the routes
  await app.register(authRoutes, { prefix: '/auth' });
  await app.register(healthRoutes, { prefix: '/health' });

  app.post('/projects', { config: guard({ audit: 'project.create', body: NewProject }) }, async (request, reply) => {
    const project = await projects.create(principalOf(request).subject, bodyOf(request, NewProject));
    return reply.code(201).header('location', `/projects/${project.id}`).send(project);
  });
  app.get('/projects', { config: guard() }, async (request) =>
    projects.list(principalOf(request).subject, queryOf(request.originalUrl)),
  );
  app.get<{ Params: { id: string } }>('/projects/:id', { config: guard() }, async (request) =>
    projects.read(principalOf(request).subject, request.params.id),
  );
  app.patch<{ Params: { id: string } }>(
    '/projects/:id',
    { config: guard({ audit: 'project.update', body: ProjectPatch }) },
    async (request) => projects.update(principalOf(request).subject, request.params.id, bodyOf(request, ProjectPatch)),
  );
  app.delete<{ Params: { id: string } }>(
    '/projects/:id',
    { config: guard({ audit: 'project.delete' }) },
    async (request, reply) => {
      await projects.remove(principalOf(request).subject, request.params.id);
      return reply.code(204).send();
    },
  );

  app.get('/statistics', { config: guard({ tier: 'operator' }) }, async () => projects.statistics());

  await app.ready();
  return { listener: (request, response) => app.routing(request, response), close: () => app.close() };
};
