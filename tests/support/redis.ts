/**
 * Real Redis for the tests, without Docker and without root.
 *
 * Resolution order (`TEST_SERVICES=own|local|fetch` forces a step):
 *   1. `TEST_REDIS_URL`: a server that you name
 *   2. own: a throw-away server from a binary on this machine (`REDIS_SERVER_BIN`, PATH)
 *   3. local: a server that answers on 127.0.0.1:6379; every test file has a key prefix of its own in it
 *   4. fetch: Debian's or Ubuntu's package, unpacked below `.cache/services`; nothing is installed
 *   5. an error that says what to install
 */
import { fetchedRedis, installedRedis } from './redis-binary.ts';
import { isRedis, startRedisServer } from './redis-server.ts';
import type { Service } from './service.ts';

export async function startRedis(): Promise<Service> {
  const start = performance.now();
  const url = process.env['TEST_REDIS_URL'];
  const only = process.env['TEST_SERVICES'];
  const tries = (step: string): boolean => !only || only === step;
  if (url) return { how: 'TEST_REDIS_URL', url, ms: 0, stop: async () => {} };

  let binary = tries('own') ? installedRedis() : null;
  if (!binary && tries('local') && (await isRedis(6379)))
    return { how: 'server on 127.0.0.1:6379', url: 'redis://127.0.0.1:6379', ms: 0, stop: async () => {} };
  if (!binary && tries('fetch')) binary = fetchedRedis();
  if (!binary)
    throw new Error(
      'Redis 7+ or Valkey is needed: set TEST_REDIS_URL, or `apt-get install redis-server`, or `brew install redis`',
    );
  const server = await startRedisServer({ binary });
  const how = `${binary.how} (${binary.path})`;
  return { how, url: server.url, ms: performance.now() - start, stop: () => server.stop() };
}
