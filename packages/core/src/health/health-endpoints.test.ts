import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../http/index.ts';
import { createCastellan, memoryStores, type StoreService } from '../index.ts';
import { generatePepper } from '../sessions/index.ts';
import { generateKeys } from '../tokens/index.ts';

const base = { issuer: 'https://api.example.com', keys: await generateKeys(), peppers: generatePepper() };
const secret = 'postgres://app:hunter2@db.internal:5432/app';

/** Composed over a store whose health is `check`. */
function compose(check: () => Promise<void>, more: object = {}) {
  const memory: StoreService = { name: 'memory', start: async () => {}, stop: async () => {}, health: check };
  return createCastellan({ ...base, service: 'orders', stores: { ...memoryStores(), memory }, ...more });
}

async function call(castellan: ReturnType<typeof compose>, path: string, method = 'GET'): Promise<HttpResponse> {
  const match = castellan.http.match(method, path, 'health');
  if (!match) throw new Error(`${path} is not mounted`);
  const exchange = castellan.http.exchange({
    method,
    target: `/health${path}`,
    route: `/health${path}`,
    headers: {},
    ip: '',
    arrivedAt: 0,
    gone: false,
  });
  return castellan.http.serve(match, exchange, async () => ({ value: undefined, raw: undefined }));
}
const bodyOf = ({ body }: HttpResponse): unknown => JSON.parse(body as string);

describe('the endpoints of health', () => {
  test('answer 200 while everything is up, to anybody, and no cache keeps it', async () => {
    const castellan = compose(async () => {});
    for (const path of ['/', '/ready']) {
      const response = await call(castellan, path);
      expect(response).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      const latency = { latency_ms: expect.any(Number) };
      expect(bodyOf(response)).toEqual({
        ok: true,
        service: 'orders',
        db_ok: true,
        checks: { memory: { ok: true, ...latency } },
      });
    }
  });
  test('answer 503 when a dependency is down, and show nothing of its error', async () => {
    const castellan = compose(async () => Promise.reject(new Error(secret)));
    for (const path of ['/', '/ready']) {
      const response = await call(castellan, path);
      expect(response.status).toBe(503);
      expect(bodyOf(response)).toMatchObject({ ok: false, db_ok: false, checks: { memory: { ok: false } } });
      expect(JSON.stringify(response)).not.toMatch(/hunter2|db\.internal/);
    }
  });
  test('the process is alive without asking anybody', async () => {
    let asked = 0;
    const castellan = compose(async () => {
      asked++;
      throw new Error(secret);
    });
    const response = await call(castellan, '/live');
    expect([response.status, bodyOf(response)]).toEqual([200, { ok: true, service: 'orders' }]);
    expect(asked).toBe(0);
  });
  test('HEAD answers as GET does, other methods are not allowed', async () => {
    const castellan = compose(async () => Promise.reject(new Error(secret)));
    for (const path of ['/', '/ready', '/live']) {
      expect((await call(castellan, path, 'HEAD')).status).toBe(path === '/live' ? 200 : 503);
      expect(await call(castellan, path, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });
  test('what the app depends on besides counts, and the outage is told with its reason', async () => {
    const castellan = compose(async () => {}, { health: { checks: { mail: () => Promise.reject(new Error('421')) } } });
    const told: unknown[] = [];
    castellan.events.on('health.failed', (fact) => told.push(fact));
    expect(bodyOf(await call(castellan, '/ready'))).toMatchObject({
      ok: false,
      db_ok: true,
      checks: { mail: { ok: false } },
    });
    expect(told).toEqual([{ check: 'mail', error: new Error('421') }]);
  });
});

test.each([
  ['health.timeout', { health: { timeout: 'soon' } }],
  ['health.timeout', { health: { timeout: '0s' } }],
  ['health.checks.memory', { health: { checks: { memory: async () => {} } } }],
  ['service', { service: '' }],
])('a bad %s is a TypeError at composition that names it', (name, bad) => {
  expect(() => compose(async () => {}, bad)).toThrow(TypeError);
  expect(() => compose(async () => {}, bad)).toThrow(name);
});

test('the service is the issuer until somebody names it', async () => {
  const castellan = createCastellan({ ...base, stores: memoryStores() });
  expect(await castellan.health()).toMatchObject({ service: 'https://api.example.com' });
});
