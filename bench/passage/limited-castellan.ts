import http from 'node:http';
import { type Castellan, createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { redisLimitStore } from '@castellan/store-redis';
import { CALLERS, LIMIT } from './callers.ts';
import { benchRedis } from './redis.ts';

/**
 * Castellan whose callers have one tier's budget on Redis, with leases, and an access token of each caller. It is told
 * that it is the only process, as it is: then a caller need not have been here for a minute before anything is leased,
 * and each contestant is idle while the others have their turns.
 */
export async function startLimited(): Promise<{
  readonly castellan: Castellan;
  readonly tokens: readonly string[];
  readonly outages: () => number;
}> {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: { ...memoryStores(), limits: redisLimitStore(benchRedis()) },
    tiers: { default: { rank: 0, limit: `${LIMIT}/1m` } },
    limits: { expectedInstances: 1 },
  });
  let outages = 0;
  castellan.events.on('limit.store_unavailable', () => outages++);
  await castellan.start();
  const from = new http.IncomingMessage(null as never);
  const tokens: string[] = [];
  for (let i = 0; i < CALLERS; i++) {
    const subject = `caller-${i}`;
    await castellan.subjects.put({ id: subject });
    const { body } = await castellan.sessions.start({ subject, from });
    tokens.push((body as { readonly access_token: string }).access_token);
  }
  return { castellan: castellan as Castellan, tokens, outages: () => outages };
}
