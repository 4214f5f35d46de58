import { createGate } from '@castellan/adapter-express';
import { createCastellan, memoryStores, Problem, principalOf } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { call, listen } from '../express/wire.ts';

test('what one Castellan of an app has seen of a request says nothing to another: it asks its own hosts and tenants', async () => {
  const parts = { issuer: 'https://api.example.com', peppers: generatePepper() };
  const first = createCastellan({ ...parts, keys: await generateKeys(), stores: memoryStores() });
  const second = createCastellan({
    ...parts,
    keys: await generateKeys(),
    stores: memoryStores(),
    tenantOf() {
      throw new Problem('not_found');
    },
  });
  for (const one of [first, second]) {
    await one.start();
    onTestFinished(() => one.stop());
  }
  const outer = createGate(first);
  const inner = createGate(second);
  const app = express();
  await first.subjects.put({ id: 'ada' });
  app.get('/token', outer.guard({ public: true }), async (req, res) => {
    res.json((await first.sessions.start({ subject: 'ada', from: req })).body);
  });
  app.get('/both', outer.guard(), inner.guard({ public: true }), (req, res) => {
    res.json({ subject: principalOf(req).subject });
  });
  app.get('/one', outer.guard(), (req, res) => {
    res.json({ subject: principalOf(req).subject });
  });
  app.use(outer.problems);
  const wire = await listen(app);
  const { body } = await call(wire, '/token');
  const { access_token: token } = JSON.parse(body.toString()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  expect((await call(wire, '/one', { headers })).status).toBe(200);
  expect((await call(wire, '/both', { headers })).status).toBe(404);
});
