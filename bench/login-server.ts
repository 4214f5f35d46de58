/** Child of login.bench.ts: an Express app with accounts and an unrelated route, behind a proxy as far as it knows. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGate } from '@castellan/adapter-express';
import { createCastellan, memoryStores } from '@castellan/core';
import { createHashingGate } from '@castellan/core/accounts';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { verify } from '@node-rs/argon2';
import express from 'express';

const hashingGate = createHashingGate();
const castellan = createCastellan({
  issuer: 'https://api.example.com',
  keys: await generateKeys(),
  peppers: generatePepper(),
  stores: memoryStores(),
  accounts: { hashingGate },
});
await castellan.start();
const { guard, authRoutes, problems } = createGate(castellan);
const app = express();
app.set('trust proxy', 'loopback');
app.use('/auth', authRoutes);
app.get('/me', guard(), (_req, res) => {
  res.json({ ok: true });
});
/** As little as a sign-in can be: the body, one hash in the same gate, an answer of the same size. */
const stored = String(process.env['STORED_HASH']);
const filling = 'x'.repeat(1000);
app.post('/bare', express.json(), async (req, res) => {
  try {
    res.json({ matches: await hashingGate.run(() => verify(stored, req.body.password)), filling });
  } catch {
    res.status(503).set('retry-after', '1').json({});
  }
});
app.use(problems);
const server = http.createServer(app);
server.keepAliveTimeout = 600_000; // the client keeps its connections over the pauses
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit(0));
