/**
 * Runs beside the packed packages, on the oldest supported Node.js: a sign-in, a refresh and a refusal over HTTP, on each
 * framework.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { createGate as expressGate } from '@castellan/adapter-express';
import { createGate as fastifyGate } from '@castellan/adapter-fastify';
import { createGate as koaGate } from '@castellan/adapter-koa';
import { bcrypt } from '@castellan/bcrypt';
import { createCastellan, memoryStores, principalOf } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { createMigrations, postgresStores } from '@castellan/store-postgres';
import { openPglite } from '@castellan/store-postgres/pglite';
import { redisStores } from '@castellan/store-redis';
import { adapterCases, sessionStoreCases } from '@castellan/testkit';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';

assert.ok(sessionStoreCases.length > 0);
assert.ok(adapterCases.length > 0);
assert.equal(typeof redisStores, 'function');

const frameworks = {
  async express(castellan) {
    const { guard, authRoutes, problems } = expressGate(castellan);
    const app = express();
    app.use('/auth', authRoutes);
    app.get('/me', guard(), (req, res) => res.json({ sub: principalOf(req).subject }));
    app.use(problems);
    return app;
  },
  async fastify(castellan) {
    const { plugin, guard, authRoutes, frameworkErrors } = fastifyGate(castellan);
    const app = fastify({ frameworkErrors });
    await app.register(plugin);
    await app.register(authRoutes, { prefix: '/auth' });
    app.get('/me', { config: guard() }, async (request) => ({ sub: principalOf(request).subject }));
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
  async koa(castellan) {
    const { problems, guard, authRoutes } = koaGate(castellan);
    const app = new Koa();
    app.use(problems);
    app.use(authRoutes('/auth'));
    app.use(guard());
    app.use((context) => {
      context.body = { sub: principalOf(context).subject };
    });
    return app.callback();
  },
};

async function signIn(stores, framework) {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores,
    accounts: { legacyHashes: [bcrypt()] },
  });
  await castellan.start();
  const server = http.createServer(await frameworks[framework](castellan));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const call = async (path, { body, token } = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const registered = await call('/auth/register', {
    body: { email: 'ada@example.com', password: 'correct horse battery' },
  });
  assert.equal(registered.status, 201);
  const refreshed = await call('/auth/refresh', { body: { refresh_token: registered.body.refresh_token } });
  assert.equal(refreshed.status, 200);
  const me = await call('/me', { token: refreshed.body.access_token });
  assert.deepEqual(me, { status: 200, body: { sub: registered.body.account.id } });
  assert.equal((await call('/me')).status, 401);
  server.close();
  server.closeAllConnections();
  await castellan.stop();
}

for (const framework of Object.keys(frameworks)) await signIn(memoryStores(), framework);
const pglite = await openPglite({});
await createMigrations(pglite).up();
await signIn(postgresStores(pglite), 'express');
await pglite.close();
console.log(
  `signed in through the packed packages on Node.js ${process.version}, on ${Object.keys(frameworks).join(', ')}, in memory and on PGlite`,
);
