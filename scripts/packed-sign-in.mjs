/** Runs beside the packed packages, on the oldest supported Node.js: a sign-in, a refresh and a refusal over HTTP. */
import assert from 'node:assert/strict';
import { createGate } from '@castellan/adapter-express';
import { bcrypt } from '@castellan/bcrypt';
import { createCastellan, memoryStores, principalOf } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { createMigrations, postgresStores } from '@castellan/store-postgres';
import { openPglite } from '@castellan/store-postgres/pglite';
import { sessionStoreCases } from '@castellan/testkit';
import express from 'express';

assert.ok(sessionStoreCases.length > 0);

async function signIn(stores) {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores,
    accounts: { legacyHashes: [bcrypt()] },
  });
  await castellan.start();
  const { guard, authRoutes, problems } = createGate(castellan);
  const app = express();
  app.use('/auth', authRoutes);
  app.get('/me', guard(), (req, res) => res.json({ sub: principalOf(req).subject }));
  app.use(problems);
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
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

await signIn(memoryStores());
const pglite = await openPglite({});
await createMigrations(pglite).up();
await signIn(postgresStores(pglite));
await pglite.close();
console.log(`signed in through the packed packages on Node.js ${process.version}, in memory and on PGlite`);
