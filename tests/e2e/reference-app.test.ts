import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Child, startExample } from './child.ts';

const MAIN = 'reference/src/main.ts';
const URL_LINE = /reference app: (http:\/\/\S+)/;
let data: string;
let running: Child[];
/** A data folder that was started once: making the database is most of a first start. */
let started: string;
beforeAll(async () => {
  started = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-e2e-'));
  const first = startExample(MAIN, [], { CASTELLAN_DATA: started });
  await urlOf(first);
  first.process.kill('SIGTERM');
  expect(await first.exit, first.output()).toBe(0);
});
afterAll(() => fs.rmSync(started, { recursive: true, force: true }));
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-e2e-'));
  fs.cpSync(started, data, { recursive: true });
  running = [];
});
afterEach(async () => {
  for (const child of running) child.process.kill('SIGKILL');
  await Promise.all(running.map((child) => child.exit));
  fs.rmSync(data, { recursive: true, force: true });
});
function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const child = startExample(MAIN, args, { CASTELLAN_DATA: data, ...env });
  running.push(child);
  return child;
}
const urlOf = async (child: Child): Promise<string> => (await child.prints(URL_LINE))[1] as string;
const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const credentials = { email: 'ada@example.com', password: 'correct horse battery' };

async function database(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `e2e_${crypto.randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** What a tour has told, without what differs from run to run. */
const withoutChance = (output: string): string =>
  output
    .replace(/^.*tour, on .*$/m, '')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/(ada|eve)-[0-9a-f]{8}@/g, '$1@')
    .replace(/r=\d+;t=\d+/g, 'r=N;t=N')
    .replace(/retry-after: \d+/g, 'retry-after: N')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, 'TIME')
    .replace(/\S{10}…\S{6}/g, 'TOKEN')
    .replace(/"expires_in":\d+/g, '"expires_in":N')
    .replace(/… \d+ ms pass/g, '… some ms pass');

describe('the tour', () => {
  test('holds on the embedded database and all three frameworks, and tells the same story', async () => {
    const tours = ['express', 'fastify', 'koa'].map((framework) => start(['--tour', '--framework', framework]));
    const told = new Set<string>();
    for (const tour of tours) {
      expect(await tour.exit, tour.output()).toBe(0);
      expect(tour.output()).toMatch(/\n\d{2} passed, 0 failed\n$/);
      expect(tour.output()).not.toMatch(/cst_rt_[\w-]{30}|eyJ[\w-]{30}|correct horse/); // a readable log holds no secret
      told.add(withoutChance(tour.output()));
    }
    expect([...told]).toHaveLength(1);
  });
  test('holds on a real server, beside a running demo', async () => {
    const { url, drop } = await database();
    try {
      await urlOf(start());
      const tour = start(['--tour'], { DATABASE_URL: url });
      expect(await tour.exit, tour.output()).toBe(0);
      expect(tour.output()).toContain('(express, PostgreSQL)');
    } finally {
      await drop();
    }
  });
});

describe('the demo', () => {
  test('keeps its accounts from one start to the next, and frees its lock when told to stop', async () => {
    const first = start();
    const registered = await post(`${await urlOf(first)}/auth/register`, credentials);
    expect(registered.status).toBe(201);
    const { refresh_token } = (await registered.json()) as { refresh_token: string };
    first.process.kill('SIGTERM');
    expect(await first.exit, first.output()).toBe(0);

    const second = start();
    const refreshed = await post(`${await urlOf(second)}/auth/refresh`, { refresh_token });
    expect(refreshed.status).toBe(200);
  });
  test('loses nothing when it is killed, and the next start takes over the lock', async () => {
    const first = start();
    expect((await post(`${await urlOf(first)}/auth/register`, credentials)).status).toBe(201);
    first.process.kill('SIGKILL');
    await first.exit;
    const second = start();
    expect((await post(`${await urlOf(second)}/auth/login`, credentials)).status).toBe(200);
  });
  test('a second process on the same folder is refused with a message that says why', async () => {
    await urlOf(start());
    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/in use|another process|locked/i);
    expect(second.output()).toContain(data);
  });
  test('answers its health', async () => {
    const response = await fetch(`${await urlOf(start())}/health`);
    expect(await response.json()).toMatchObject({ ok: true, service: 'castellan-reference', db_ok: true });
  });
  test.each([
    [{ PORT: 'http' }, 'PORT'],
    [{ CASTELLAN_REFRESH_GRACE: '10 seconds' }, 'CASTELLAN_REFRESH_GRACE'],
    [{ CASTELLAN_PEPPERS: '1:short' }, 'peppers'],
    [{ CASTELLAN_KEYS: '{"keys":[]}' }, 'keys'],
    [{ CASTELLAN_TIERS: '{' }, 'CASTELLAN_TIERS'],
    [{ NODE_ENV: 'production' }, 'CASTELLAN_KEYS'],
    [{ NODE_ENV: 'production', CASTELLAN_KEYS: 'x' }, 'CASTELLAN_PEPPERS'],
    [{ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, '127.0.0.1:1'],
  ])('refuses to start with %j and names the variable', async (env, name) => {
    const child = start([], env);
    expect(await child.exit).toBe(1);
    expect(child.output()).toContain(name);
    expect(child.output()).not.toContain('    at '); // a message, not a stack
  });
  test('warns of a variable that it does not know', async () => {
    const child = start([], { CASTELLAN_REFRESH_GRACES: '1s' });
    await urlOf(child);
    expect(child.output()).toContain('CASTELLAN_REFRESH_GRACES is not known');
  });
  test('says which frameworks there are', async () => {
    const child = start(['--framework', 'hapi']);
    expect(await child.exit).toBe(1);
    expect(child.output()).toContain('express, fastify or koa, not hapi');
  });
});

describe('projects', () => {
  test('belong to their account: others can neither read, change nor delete them', async () => {
    const url = await urlOf(start());
    const register = async (email: string): Promise<Record<string, string>> => {
      const { access_token } = (await (await post(`${url}/auth/register`, { ...credentials, email })).json()) as {
        access_token: string;
      };
      return { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
    };
    const [ada, eve] = [await register('ada@example.com'), await register('eve@example.com')];
    const created = await fetch(`${url}/projects`, {
      method: 'POST',
      headers: ada,
      body: JSON.stringify({ name: 'Engine' }),
    });
    expect(created.status).toBe(201);
    const at = url + created.headers.get('location');
    const status = async (method: string, headers: Record<string, string>, body?: object): Promise<number> =>
      (await fetch(at, { method, headers, ...(body && { body: JSON.stringify(body) }) })).status;

    expect(await status('GET', ada)).toBe(200);
    expect([
      await status('GET', eve),
      await status('PATCH', eve, { name: 'Mine' }),
      await status('DELETE', eve),
    ]).toEqual([404, 404, 404]);
    expect(await status('PATCH', ada, { name: 'Difference engine' })).toBe(200);
    expect(await status('PATCH', ada, { owner: 'eve' })).toBe(422);
    const list = (await (await fetch(`${url}/projects`, { headers: ada })).json()) as {
      items: { name: string }[];
      total: number;
    };
    expect([list.total, list.items[0]?.name]).toEqual([1, 'Difference engine']);
    expect(
      ((await fetch(`${url}/projects`, { headers: eve }).then((response) => response.json())) as { total: number })
        .total,
    ).toBe(0);
    expect(await status('DELETE', ada)).toBe(204);
    expect(await status('GET', ada)).toBe(404);
  });
});
