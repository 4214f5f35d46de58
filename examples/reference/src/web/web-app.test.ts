import { type Castellan, createCastellan, memoryStores, observatoryTiers, Problem } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Project, Projects } from '../projects/projects.ts';
import { type Listening, listen } from '../server.ts';
import { buildWebApp } from './build-web-app.ts';
import { FRAMEWORKS, type WebApp } from './web-app.ts';

const project: Project = {
  id: '01890000-0000-7000-8000-000000000000',
  name: 'Engine',
  description: null,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
};
const projects: Projects = {
  create: async (_owner, { name }) => (name === 'fails' ? Promise.reject(new Error('the disk is full')) : project),
  list: async (_owner, query) => ({
    items: [],
    total: 0,
    page: Number(query.get('page') ?? 1),
    page_size: 20,
    pages: 0,
  }),
  read: async (_owner, id) => (id === project.id ? project : Promise.reject(new Problem('not_found'))),
  update: async () => project,
  remove: async () => {},
  statistics: async () => ({ projects: 1, owners: 1 }),
};

describe.each(FRAMEWORKS)('the reference app on %s', (framework) => {
  let castellan: Castellan;
  let web: WebApp;
  let server: Listening;
  let headers: Record<string, string>;
  beforeEach(async () => {
    castellan = createCastellan({
      issuer: 'https://api.example.com',
      keys: await generateKeys(),
      peppers: generatePepper(),
      stores: memoryStores(),
      tiers: observatoryTiers,
      audit: { actions: ['project.create', 'project.update', 'project.delete'] },
    });
    await castellan.start();
    web = await buildWebApp[framework](castellan, projects);
    server = await listen(web.listener, 0, '127.0.0.1');
    headers = {};
    const registered = await send('POST', '/auth/register', {
      email: 'a@example.com',
      password: 'correct horse battery',
    });
    headers = { authorization: `Bearer ${(registered.body as { access_token: string }).access_token}` };
  });
  afterEach(async () => {
    await server.close(0);
    await web.close();
    await castellan.stop();
  });
  const send = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: { connection: 'close', ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text && (JSON.parse(text) as object) };
  };

  test('projects are made, listed, read, changed and deleted', async () => {
    const created = await send('POST', '/projects', { name: 'Engine' });
    expect([created.status, created.headers.get('location'), created.body]).toEqual([
      201,
      `/projects/${project.id}`,
      project,
    ]);
    expect((await send('GET', '/projects?page=3')).body).toMatchObject({ page: 3 });
    expect((await send('GET', `/projects/${project.id}`)).body).toEqual(project);
    expect((await send('GET', '/projects/x')).status).toBe(404);
    expect((await send('PATCH', `/projects/${project.id}`, { description: null })).status).toBe(200);
    const deleted = await send('DELETE', `/projects/${project.id}`);
    expect([deleted.status, deleted.body]).toEqual([204, '']);
  });
  test('a body that has another shape is refused with its fields', async () => {
    const refused = await send('POST', '/projects', { name: 1, owner: 'eve' });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'validation_failed', fields: [{ pointer: '/name' }, { pointer: '/owner' }] },
    });
  });
  test('the statistics are for operators and above', async () => {
    expect((await send('GET', '/statistics')).body).toMatchObject({ status: 403, code: 'insufficient_tier' });
  });
  test('what fails inside says nothing outside', async () => {
    const failed = await send('POST', '/projects', { name: 'fails' });
    expect(failed).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(failed.body)).not.toContain('disk');
  });
  test('without a token nothing is shown, and what is not there is not found', async () => {
    headers = {};
    expect((await send('GET', '/projects')).status).toBe(401);
    expect((await send('POST', '/projects', { name: 'x' })).status).toBe(401);
    expect((await send('GET', '/nothing')).body).toMatchObject({ code: 'not_found' });
  });
});
