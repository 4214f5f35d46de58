import { createGate as expressGate } from '@castellan/adapter-express';
import { createGate as fastifyGate } from '@castellan/adapter-fastify';
import { createGate as koaGate } from '@castellan/adapter-koa';
import { type Castellan, createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import Router from '@koa/router';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { call, listen, type Wire } from '../express/wire.ts';

type Trust = 'nobody' | 'one hop' | 'proxies' | 'everybody';
type Serve = (castellan: Castellan, trust: Trust) => Promise<Wire>;

const serveExpress: Serve = async (castellan, trust) => {
  const { guard, problems } = expressGate(castellan);
  const app = express();
  const settings = { nobody: false, 'one hop': 1, proxies: ['loopback'], everybody: true } as const;
  app.set('trust proxy', settings[trust]);
  app.get('/', guard({ public: true }), (_req, res) => void res.json({}));
  app.use(problems);
  return listen(app);
};
const serveFastify: Serve = async (castellan, trust) => {
  const { plugin, guard } = fastifyGate(castellan);
  const oneHop = (_address: string, hop: number): boolean => hop < 1;
  const settings = { nobody: false, 'one hop': oneHop, proxies: ['127.0.0.1'], everybody: true };
  const app = fastify({ trustProxy: settings[trust] });
  await app.register(plugin);
  app.get('/', { config: guard({ public: true }) }, async () => ({}));
  await app.ready();
  return listen((request, response) => app.routing(request, response));
};
const serveKoa: Serve = async (castellan, trust) => {
  const { problems, guard } = koaGate(castellan);
  const app = new Koa(trust === 'nobody' ? {} : { proxy: true, ...(trust !== 'everybody' && { maxIpsCount: 1 }) });
  app.use(problems);
  const router = new Router();
  router.get('/', guard({ public: true }), (ctx) => {
    ctx.body = {};
  });
  return listen(app.use(router.routes()).callback());
};

describe.each<[string, Serve]>([
  ['Express', serveExpress],
  ['Fastify', serveFastify],
  ['Koa', serveKoa],
])('X-Forwarded-For on %s', (_, serve) => {
  const meet = async (trust: Trust) => {
    const castellan = createCastellan({
      issuer: 'https://api.example.com',
      keys: await generateKeys(),
      peppers: generatePepper(),
      stores: memoryStores(),
    });
    await castellan.start();
    const warnings: string[] = [];
    const failures: unknown[] = [];
    castellan.events.on('configuration.warning', ({ message }) => warnings.push(message));
    castellan.events.on('request.failed', ({ error }) => failures.push(error));
    const wire = await serve(castellan, trust);
    const headers = { 'x-forwarded-for': '192.0.2.9, 198.51.100.1' };
    const statuses = [];
    for (const sent of [{}, headers, headers]) statuses.push((await call(wire, '/', { headers: sent })).status);
    return { statuses, warnings, failures };
  };

  it.each<Trust>(['one hop', 'proxies'])('%s: it is believed as far as that', async (trust) => {
    expect(await meet(trust)).toEqual({ statuses: [200, 200, 200], warnings: [], failures: [] });
  });
  it('nobody is trusted: a proxy is there that nobody has told of, and that is told once', async () => {
    const { statuses, warnings } = await meet('nobody');
    expect([statuses, warnings]).toEqual([[200, 200, 200], [expect.stringContaining('no proxy is trusted')]]);
  });
  it('everybody is trusted: refused, as each caller could choose its address', async () => {
    const { statuses, failures } = await meet('everybody');
    expect(statuses).toEqual([200, 500, 500]);
    expect(failures).toEqual(Array(2).fill(expect.objectContaining({ name: 'TypeError' })));
  });
});

it('Koa, by a field of another name: refused as well, when everybody is believed', async () => {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
  });
  const answer = async (options: object): Promise<number> => {
    const app = new Koa({ proxy: true, proxyIpHeader: 'X-Real-IP', ...options }).use(koaGate(castellan).problems);
    return (await call(await listen(app.callback()), '/', { headers: { 'x-real-ip': '198.51.100.1' } })).status;
  };
  expect(await answer({})).toBe(500);
  expect(await answer({ maxIpsCount: 1 })).toBe(404);
});
