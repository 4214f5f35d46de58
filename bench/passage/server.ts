/** Child of passage.bench.ts: one app on a free port, named `framework/contestant`. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expressContestant } from './express.ts';
import { fastifyContestant } from './fastify.ts';
import { koaContestant } from './koa.ts';

const [framework, name = ''] = (process.argv[2] ?? '').split('/');
const make = { express: expressContestant, fastify: fastifyContestant, koa: koaContestant }[framework ?? ''];
if (!make) throw new Error(`no framework ${framework}`);
const { listener, token } = await make(name);
const server = http.createServer(listener);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, token }));
process.on('disconnect', () => process.exit(0));
