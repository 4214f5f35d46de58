import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createGate as fastifyGate } from '@castellan/adapter-fastify';
import { createGate as koaGate } from '@castellan/adapter-koa';
import fastify from 'fastify';
import Koa from 'koa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kitCastellan } from '../../packages/testkit/src/adapter-cases/kit-entry.ts';

/** The port of an app whose guards want to see its answer. */
const apps: readonly (readonly [name: string, start: () => Promise<number>])[] = [
  [
    'Fastify',
    async () => {
      const { plugin, guard } = fastifyGate(kitCastellan());
      const app = fastify({ http2: true });
      await app.register(plugin);
      app.get('/refused', { config: guard() }, async () => ({ a: 1 }));
      app.get('/', { config: guard({ head: [() => async (response) => response] }) }, async () => ({ a: 1 }));
      await app.listen({ port: 0, host: '127.0.0.1' });
      onTestFinished(() => app.close());
      return (app.server.address() as AddressInfo).port;
    },
  ],
  [
    'Koa',
    async () => {
      const { problems, guard } = koaGate(kitCastellan());
      const app = new Koa();
      app.use(problems);
      const refused = guard();
      app.use((context, next) => (context.path === '/refused' ? refused(context, next) : next()));
      app.use(guard({ head: [() => async (response) => response] }));
      app.use((context) => {
        context.body = { a: 1 };
      });
      const server = http2.createServer(app.callback());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      return (server.address() as AddressInfo).port;
    },
  ],
];

describe.each(apps)('over HTTP/2: %s', (_name, start) => {
  test('an answer that somebody watches leaves whole', async () => {
    const session = http2.connect(`http://127.0.0.1:${await start()}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect([head[':status'], Buffer.concat(chunks).toString()]).toEqual([200, '{"a":1}']);
  });

  test('a refusal says nothing of what HTTP/2 has no room for: Node would warn the process', async () => {
    const warned = new Promise<string>((resolve) => process.once('warning', ({ message }) => resolve(message)));
    const session = http2.connect(`http://127.0.0.1:${await start()}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/refused' });
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    expect(head[':status']).toBe(401);
    expect(await Promise.race([warned, new Promise((resolve) => setImmediate(resolve, 'no warning'))])).toBe(
      'no warning',
    );
  });
});
