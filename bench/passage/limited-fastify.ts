import { createGate } from '@castellan/adapter-fastify';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import { HEADERS, KEYS, LIMIT, WINDOW_MS } from './callers.ts';
import type { Contestant } from './contestant.ts';
import { isCastellan, startLimited } from './limited-castellan.ts';
import { flexibleLimiter } from './limited-peers.ts';
import { benchRedis } from './redis.ts';

/** One limited Fastify app by its name. */
export async function limitedFastify(name: string): Promise<Contestant> {
  const app = fastify();
  const listener: Contestant['listener'] = (request, response) => app.routing(request, response);
  const answer = async () => ({ sub: 'ada' });
  if (name === 'headers') {
    app.get('/me', async (_request, reply) => {
      for (const header in HEADERS) reply.header(header, HEADERS[header]);
      return answer();
    });
    await app.ready();
    return { token: '', listener };
  }
  if (isCastellan(name)) {
    const { castellan, policy, tokens, outages } = await startLimited(name);
    const { plugin, guard } = createGate(castellan);
    await app.register(plugin);
    app.get('/me', { config: guard(policy) }, answer);
    await app.ready();
    return { token: '', tokens, listener, outages };
  }
  if (name === 'fastify-rate-limit') {
    await app.register(rateLimit, {
      max: LIMIT,
      timeWindow: WINDOW_MS,
      redis: benchRedis(),
      keyGenerator: (request) => request.headers.authorization ?? '',
    });
    app.get('/me', answer);
    await app.ready();
    return { token: '', tokens: KEYS, listener };
  }
  const consume = flexibleLimiter();
  app.get(
    '/me',
    {
      onRequest: (request, reply) =>
        consume(request.headers.authorization ?? '', (header, value) => void reply.header(header, value)),
    },
    answer,
  );
  await app.ready();
  return { token: '', tokens: KEYS, listener };
}
