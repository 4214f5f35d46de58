import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { post, problem } from '../express/wire.ts';
import { threeApps } from './three-apps.ts';

// what each adapter's README names as its framework's own, and no other adapter does
describe.each(threeApps)('what is the framework’s own: %s', (name, serve) => {
  const start = async () => {
    const castellan = createCastellan({
      issuer: 'https://api.example.com',
      keys: await generateKeys(),
      peppers: generatePepper(),
      stores: memoryStores(),
    });
    await castellan.start();
    onTestFinished(() => castellan.stop());
    const nothing = (thrown: null | undefined) => (): never => {
      // oxlint-disable-next-line no-throw-literal
      throw thrown;
    };
    return serve(castellan, [
      {
        method: 'post',
        path: '/checked',
        policy: { public: true, body: z.looseObject({ name: z.string() }) },
        handle: () => ({ ok: true }),
      },
      { method: 'post', path: '/null', policy: { public: true }, handle: nothing(null) },
      { method: 'post', path: '/undefined', policy: { public: true }, handle: nothing(undefined) },
    ]);
  };

  test('a member named __proto__ in a body that the policy checks', async () => {
    const wire = await start();
    const answer = await post(wire, '/checked', '{"name":"Ada","__proto__":{"admin":true}}');
    expect(answer.status).toBe(name === 'Fastify' ? 400 : 200);
    if (name === 'Fastify') expect(problem(answer).code).toBe('bad_request');
  });
  test('a handler that throws nothing at all', async () => {
    const wire = await start();
    for (const path of ['/null', '/undefined']) {
      const answer = await post(wire, path, {});
      expect([path, answer.status, problem(answer).code]).toEqual(
        name === 'Express' ? [path, 404, 'not_found'] : [path, 500, 'internal'],
      );
    }
  });
});
