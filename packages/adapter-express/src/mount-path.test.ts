import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';
import { expect, test } from 'vitest';
import { call, listen } from '../../../tests/express/wire.ts';
import { createGate } from './gate.ts';

test('a route has one budget, in whatever case a caller writes the path that its router is mounted at', async () => {
  const policy = { public: true, limit: '2/1m' } as const;
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
    endpoints: [
      { method: 'GET', path: '/news', policy, handle: async () => ({ status: 200, headers: {}, body: null }) },
    ],
  });
  const { guard, authRoutes, problems } = createGate(castellan);
  const router = express.Router();
  router.get('/orders', guard(policy), (_req, res) => void res.json({}));
  const app = express();
  app.use('/Api/v1', router);
  app.use('/auth', authRoutes);
  app.use(problems);
  const wire = await listen(app);
  const statuses = async (paths: readonly string[]): Promise<number[]> => {
    const answers: number[] = [];
    for (const path of paths) answers.push((await call(wire, path)).status);
    return answers;
  };
  expect(await statuses(['/Api/v1/orders', '/api/V1/orders', '/API/v1/orders', '/aPi/v1/orders'])).toEqual([
    200, 200, 429, 429,
  ]);
  expect(await statuses(['/auth/news', '/AUTH/news', '/Auth/news'])).toEqual([200, 200, 429]);
});
