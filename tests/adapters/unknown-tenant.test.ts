import { createCastellan, memoryStores, Problem } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { describe, expect, onTestFinished, test } from 'vitest';
import { call } from '../express/wire.ts';
import { threeApps } from './three-apps.ts';

describe.each(threeApps)('an app that goes by a header, on %s', (_, serve) => {
  const start = async (unknown: () => never) => {
    const castellan = createCastellan({
      issuer: 'https://api.example.com',
      keys: await generateKeys(),
      peppers: generatePepper(),
      stores: memoryStores(),
      tenantOf: ({ headers }) => (headers['x-tenant'] === 'acme' ? 'acme' : unknown()),
    });
    await castellan.start();
    onTestFinished(() => castellan.stop());
    const failures: unknown[] = [];
    castellan.events.on('request.failed', ({ error }) => failures.push(error));
    const policy = { public: true } as const;
    const wire = await serve(castellan, [{ method: 'get', path: '/', policy, handle: () => ({ ok: true }) }]);
    const statusOf = async (path: string, tenant?: string, method = 'GET') =>
      (await call(wire, path, { method, ...(tenant && { headers: { 'x-tenant': tenant } }) })).status;
    return { statusOf, failures };
  };

  test('a probe of health belongs to no tenant', async () => {
    const { statusOf, failures } = await start(() => {
      throw new TypeError('whose is it?');
    });
    for (const path of ['/health', '/health/ready', '/health/live']) {
      expect(await statusOf(path)).toBe(200);
      expect(await statusOf(path, undefined, 'HEAD')).toBe(200);
      expect(await statusOf(path, undefined, 'POST')).toBe(405);
    }
    expect(failures).toEqual([]);
  });
  test('guards and endpoints refuse a request of nobody, with the problem that tenantOf throws', async () => {
    const { statusOf, failures } = await start(() => {
      throw new Problem('not_found');
    });
    for (const path of ['/', '/auth/jwks.json', '/auth/me']) expect([path, await statusOf(path)]).toEqual([path, 404]);
    expect([await statusOf('/', 'acme'), await statusOf('/auth/me', 'acme')]).toEqual([200, 401]);
    expect(failures).toEqual([]);
  });
  test('what else it throws is a failure of the app, told once', async () => {
    const { statusOf, failures } = await start(() => {
      throw new TypeError('whose is it?');
    });
    expect(await statusOf('/')).toBe(500);
    expect(failures).toEqual([new TypeError('whose is it?')]);
  });
});
