/** Child of a contest: one app on a free port, named `framework/contestant`. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expressContestant } from './express.ts';
import { fastifyContestant } from './fastify.ts';
import { koaContestant } from './koa.ts';
import { limitedExpress } from './limited-express.ts';
import { limitedFastify } from './limited-fastify.ts';
import { limitedKoa } from './limited-koa.ts';

const [framework, name = ''] = (process.argv[2] ?? '').split('/');
const make = {
  express: expressContestant,
  fastify: fastifyContestant,
  koa: koaContestant,
  'limited-express': limitedExpress,
  'limited-fastify': limitedFastify,
  'limited-koa': limitedKoa,
}[framework ?? ''];
if (!make) throw new Error(`no framework ${framework}`);
const { listener, token, tokens = token === '' ? [] : [token], outages } = await make(name);
const server = http.createServer(listener);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, tokens }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system, outages: outages?.() ?? 0 });
});
process.on('disconnect', () => process.exit(0));
