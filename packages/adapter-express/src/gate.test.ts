import { principalOf } from '@castellan/core/http';
import express from 'express';
import { expect, it } from 'vitest';
import { testEntry } from '../../../tests/express/test-entry.ts';
import { call, json, listen, problem } from '../../../tests/express/wire.ts';
import { createGate } from './gate.ts';

it('smoke', async () => {
  const { guard, problems } = createGate(testEntry());
  const app = express();
  app.get('/me', guard(), (req, res) => {
    res.json({ subject: principalOf(req).subject });
  });
  app.use(problems);
  const wire = await listen(app);
  expect(json(await call(wire, '/me', { headers: { authorization: 'Bearer good' } }))).toEqual({ subject: 'alice' });
  expect(problem(await call(wire, '/me')).code).toBe('invalid_token');
  expect(problem(await call(wire, '/nope')).code).toBe('not_found');
});
