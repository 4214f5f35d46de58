import { createGate } from '@castellan/adapter-express';
import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { call, listen } from '../express/wire.ts';

test('a request that meets two guards spends one permit of its tier, and the headers tell of both', async () => {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
    limits: { default: { quota: '4/1d', name: 'everybody' } },
    tiers: { free: { rank: 0, limit: '60/1m' } },
  });
  await castellan.start();
  onTestFinished(() => castellan.stop());
  const { front, guard, problems } = createGate(castellan);
  const app = express();
  app.use(front, guard({ public: true }));
  app.get('/plain', guard({ public: true }), (_req, res) => void res.end());
  app.get('/own', guard({ public: true, limit: { quota: '9/1d', name: 'own' } }), (_req, res) => void res.end());
  app.use(problems);
  const wire = await listen(app);
  const answers = [];
  for (const path of ['/plain', '/own', '/own', '/plain', '/plain']) answers.push(await call(wire, path));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
  expect(answers[2]?.headers['ratelimit-policy']).toBe('"everybody";q=4;w=86400, "own";q=9;w=86400');
  expect(answers[2]?.headers['ratelimit']).toMatch(/^"everybody";r=1;t=\d+, "own";r=7;t=\d+$/);
  expect(answers[2]?.headers['x-ratelimit-remaining']).toBe('1');
  expect(answers[3]?.headers['ratelimit']).toMatch(/^"everybody";r=0;t=\d+$/);
});
