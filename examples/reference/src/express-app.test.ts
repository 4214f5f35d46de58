import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { assertGuarded } from '@castellan/adapter-express';
import { type Castellan, createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import type { Express } from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expressApp } from './express-app.ts';
import type { Projects } from './projects/projects.ts';

const projects: Projects = {
  create: async () => Promise.reject(new Error('the disk is full')),
  list: async () => ({ items: [], total: 0 }),
  read: async () => Promise.reject(new Error('not used')),
  update: async () => Promise.reject(new Error('not used')),
  remove: async () => Promise.reject(new Error('not used')),
};
let healthy: boolean;
let app: Express;
let server: http.Server;
let url: string;
beforeEach(async () => {
  healthy = true;
  const castellan: Castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
    audit: { actions: ['project.create', 'project.update', 'project.delete'] },
  });
  app = expressApp({ ...castellan, health: async () => healthy }, projects);
  server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const answer = async (path: string) => {
  const response = await fetch(url + path);
  return [response.status, await response.json()];
};

test('every route has a guard but those of its health', () => {
  assertGuarded(app, { except: ['GET /health', 'GET /health/live', 'GET /health/ready'] });
});
test('health and readiness follow the database; a process that answers is alive', async () => {
  const service = 'castellan-reference';
  for (const path of ['/health', '/health/ready'])
    expect(await answer(path)).toEqual([200, { ok: true, service, db_ok: true }]);
  expect(await answer('/health/live')).toEqual([200, { ok: true, service }]);
  healthy = false;
  for (const path of ['/health', '/health/ready'])
    expect(await answer(path)).toEqual([503, { ok: false, service, db_ok: false }]);
  expect(await answer('/health/live')).toEqual([200, { ok: true, service }]);
});
