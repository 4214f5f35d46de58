import http from 'node:http';
import { type Castellan, createCastellan, memoryStores, type Policy } from '@castellan/core';
import type { Exchange } from '@castellan/core/http';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { redisLimitStore } from '@castellan/store-redis';
import { CALLERS, KEYS, LIMIT } from './callers.ts';
import { benchRedis } from './redis.ts';

/** Castellan and what its route is guarded by. */
export interface Limited {
  readonly castellan: Castellan;
  readonly policy: Policy;
  readonly tokens: readonly string[];
  readonly outages: () => number;
}

/**
 * Contestants: `castellan` knows callers by a key, `castellan-draft` as well, and sends the draft's two header fields
 * only, as many as peers; `castellan-token` knows them by the subject of a verified access token, with the limit of its
 * tier.
 */
const KINDS: readonly string[] = ['castellan', 'castellan-draft', 'castellan-token'];

/** Whether it is one of Castellan's. */
export function isCastellan(name: string): boolean {
  return KINDS.includes(name);
}

/**
 * One of them on Redis, with leases. It is told that it is the only process, as it is: then a caller need
 * not have been here for a minute before anything is leased, and each contestant is idle while the others have their
 * turns.
 */
export async function startLimited(name: string): Promise<Limited> {
  const withTokens = name === 'castellan-token';
  const limit = `${LIMIT}/1m` as const;
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: { ...memoryStores(), limits: redisLimitStore(benchRedis()) },
    ...(withTokens && { tiers: { default: { rank: 0, limit } } }),
    limits: { expectedInstances: 1, ...(name === 'castellan-draft' && { headers: { xRateLimit: false } }) },
  }) as Castellan;
  let outages = 0;
  castellan.events.on('limit.store_unavailable', () => outages++);
  await castellan.start();
  return {
    castellan,
    outages: () => outages,
    ...(withTokens
      ? { policy: {}, tokens: await tokensOf(castellan) }
      : { policy: { public: true, limit: { window: limit, by: byKey } }, tokens: KEYS }),
  };
}

const byKey = ({ request }: Exchange): string | undefined => request.headers.authorization;

async function tokensOf(castellan: Castellan): Promise<readonly string[]> {
  const from = new http.IncomingMessage(null as never);
  const tokens: string[] = [];
  for (let i = 0; i < CALLERS; i++) {
    const subject = `caller-${i}`;
    await castellan.subjects.put({ id: subject });
    const { body } = await castellan.sessions.start({ subject, from });
    tokens.push((body as { readonly access_token: string }).access_token);
  }
  return tokens;
}
