/** Child of login.bench.ts: an Express app with one account and an unrelated route. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGate } from '@castellan/adapter-express';
import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';

const castellan = createCastellan({
  issuer: 'https://api.example.com',
  keys: await generateKeys(),
  peppers: generatePepper(),
  stores: memoryStores(),
});
await castellan.start();
const { guard, authRoutes, problems } = createGate(castellan);
const app = express();
app.use('/auth', authRoutes);
app.get('/me', guard(), (_req, res) => {
  res.json({ ok: true });
});
app.use(problems);
const server = http.createServer(app);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
