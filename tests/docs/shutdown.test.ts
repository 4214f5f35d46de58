import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, '.tmp', 'shutdown');

/** An app around the recipe as docs/operations.md shows it. `/slow` answers when standard input says so. */
const app = `
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { exitGracefully } from './recipe.ts';

const castellan = createCastellan({
  issuer: 'https://api.example.com',
  keys: await generateKeys(),
  peppers: generatePepper(),
  stores: memoryStores(),
});
await castellan.start();
const server = http.createServer(async (request, response) => {
  if (request.url === '/slow') {
    console.log('slow');
    await once(process.stdin, 'data');
  }
  response.end('done');
});
exitGracefully(server, castellan, { end: async () => console.log('pool closed') } as never);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
`;

beforeEach(() => {
  const document = fs.readFileSync(path.join(root, 'docs/operations.md'), 'utf8');
  const blocks = [...document.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => String(block));
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'recipe.ts'), blocks.find((block) => block.includes('exitGracefully')) ?? '');
  fs.writeFileSync(path.join(folder, 'app.ts'), app);
});

interface App {
  readonly child: ChildProcess;
  readonly get: (path: string) => Promise<{ readonly text: string; readonly connection: string | undefined }>;
  /** Answers the request that waits. */
  readonly release: () => void;
  /** Waits until the app has said something. */
  readonly said: (word: string) => Promise<void>;
  /** Waits until nobody new is let in. */
  readonly closed: () => Promise<void>;
}

async function startApp(): Promise<App> {
  const child = spawn(process.execPath, ['--conditions=@castellan/source', path.join(folder, 'app.ts')], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const until = async (shape: RegExp): Promise<string> => {
    while (!shape.test(output)) await once(child.stdout as NodeJS.ReadableStream, 'data');
    return output;
  };
  const port = Number(/^\d+$/m.exec(await until(/^\d+$/m))?.[0]);
  return {
    child,
    get: (at) =>
      new Promise((resolve, reject) => {
        http
          .get({ host: '127.0.0.1', port, path: at, agent }, (response) => {
            let text = '';
            response.on('data', (chunk) => {
              text += String(chunk);
            });
            response.on('end', () => resolve({ text, connection: response.headers.connection }));
          })
          .on('error', reject);
      }),
    release: () => void child.stdin?.write('\n'),
    closed: () =>
      vi.waitFor(async () => {
        const socket = net.connect(port, '127.0.0.1');
        const outcome = await once(socket, 'connect').catch(() => 'refused');
        socket.destroy();
        expect(outcome).toBe('refused');
      }),
    said: async (word) => void (await until(new RegExp(`^${word}$`, 'm'))),
  };
}

test('the recipe of docs/operations.md finishes what is open, closes the stores and exits well', async () => {
  const { child, get, release, said, closed } = await startApp();
  const other = get('/slow'); // a second connection, so that one is idle
  await said('slow');
  expect(await get('/')).toEqual({ text: 'done', connection: 'keep-alive' });
  child.kill('SIGTERM');
  const exited = once(child, 'exit');
  await closed();
  release();
  expect((await other).text).toBe('done');
  const begun = performance.now();
  expect(await exited).toEqual([0, null]);
  await said('pool closed');
  // not only once the idle connection's own time is over: that is 5 s
  expect(performance.now() - begun).toBeLessThan(3_000);
  await expect(get('/')).rejects.toThrow();
});

test('a second signal ends it at once', async () => {
  const { child, get, said, closed } = await startApp();
  get('/slow').catch(() => {}); // and is never answered
  await said('slow');
  child.kill('SIGTERM');
  await closed();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
});
