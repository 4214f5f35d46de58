/** Child of passage.bench.ts: one Express app on a free port, `bare` or with a way of checking tokens. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGate } from '@castellan/adapter-express';
import { createCastellan, memoryStores, principalOf } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';
import { expressjwt } from 'express-jwt';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

const kind = process.argv[2];
const app = express();
app.set('etag', false);
app.disable('x-powered-by');
let token = '';

if (kind === 'bare') {
  app.get('/me', (_req, res) => {
    res.json({ sub: 'ada' });
  });
} else if (kind === 'castellan') {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
  });
  await castellan.start();
  const { guard, problems } = createGate(castellan);
  await castellan.subjects.put({ id: 'ada' });
  const from = Object.assign(new http.IncomingMessage(null as never), {});
  token = (await castellan.sessions.start({ subject: 'ada', from })).body.access_token;
  app.get('/me', guard(), (req, res) => {
    res.json({ sub: principalOf(req).subject });
  });
  app.use(problems);
} else {
  const { SignJWT } = await import('jose');
  const secret = 'a secret of thirty-two characters';
  const key = new TextEncoder().encode(secret);
  token = await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(key);
  if (kind === 'express-jwt') {
    app.get('/me', expressjwt({ secret, algorithms: ['HS256'] }), (req, res) => {
      res.json({ sub: (req as unknown as { auth: { sub: string } }).auth.sub });
    });
  } else {
    passport.use(
      new Strategy(
        { jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret, algorithms: ['HS256'] },
        (payload: { sub: string }, done: (error: unknown, user: object) => void) => done(null, payload),
      ),
    );
    app.get('/me', passport.authenticate('jwt', { session: false }), (req, res) => {
      res.json({ sub: (req as unknown as { user: { sub: string } }).user.sub });
    });
  }
}

const server = http.createServer(app);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, token }));
process.on('disconnect', () => process.exit(0));
