import { createGate } from '@castellan/adapter-fastify';
import { principalOf } from '@castellan/core';
import jwt from '@fastify/jwt';
import fastify, { type FastifyRequest } from 'fastify';
import { HEADERS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { startLimited } from './limited-castellan.ts';
import { flexibleLimiter, peerTokens } from './limited-peers.ts';
import { secret } from './peer-token.ts';

const subjectOf = (request: FastifyRequest): string => (request.user as { sub: string }).sub;

/** One limited Fastify app by its name. */
export async function limitedFastify(name: string): Promise<Contestant> {
  const app = fastify();
  const listener: Contestant['listener'] = (request, response) => app.routing(request, response);
  if (name === 'headers') {
    app.get('/me', async (_request, reply) => {
      for (const header in HEADERS) reply.header(header, HEADERS[header]);
      return { sub: 'ada' };
    });
    await app.ready();
    return { token: '', listener };
  }
  if (name === 'castellan') {
    const { castellan, tokens, outages } = await startLimited();
    const { plugin, guard } = createGate(castellan);
    await app.register(plugin);
    app.get('/me', { config: guard() }, async (request) => ({ sub: principalOf(request).subject }));
    await app.ready();
    return { token: '', tokens, listener, outages };
  }
  const { tokens, expected } = await peerTokens();
  const consume = flexibleLimiter();
  await app.register(jwt, { secret, verify: { allowedIss: expected.issuer, allowedAud: expected.audience } });
  app.get(
    '/me',
    {
      onRequest: (request) => request.jwtVerify(),
      preHandler: (request, reply) => consume(subjectOf(request), (header, value) => void reply.header(header, value)),
    },
    async (request) => ({ sub: subjectOf(request) }),
  );
  await app.ready();
  return { token: '', tokens, listener };
}
