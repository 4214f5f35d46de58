import { createGate } from '@castellan/adapter-fastify';
import { principalOf } from '@castellan/core';
import jwt from '@fastify/jwt';
import fastify from 'fastify';
import { startCastellan } from './castellan.ts';
import type { Contestant } from './contestant.ts';
import { peerToken, secret } from './peer-token.ts';

/** One Fastify app by its name. */
export async function fastifyContestant(name: string): Promise<Contestant> {
  const app = fastify();
  let token = '';
  if (name === 'bare') app.get('/me', async () => ({ sub: 'ada' }));
  else if (name === 'castellan') {
    const started = await startCastellan();
    token = started.token;
    const { plugin, guard } = createGate(started.castellan);
    await app.register(plugin);
    app.get('/me', { config: guard() }, async (request) => ({ sub: principalOf(request).subject }));
  } else {
    const { token: given, expected } = await peerToken();
    token = given;
    await app.register(jwt, { secret, verify: { allowedIss: expected.issuer, allowedAud: expected.audience } });
    app.get('/me', { onRequest: (request) => request.jwtVerify() }, async (request) => ({
      sub: (request.user as { sub: string }).sub,
    }));
  }
  await app.ready();
  return { token, listener: (request, response) => app.routing(request, response) };
}
