import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGate } from '@castellan/adapter-express';
import { type Castellan, type CastellanOptions, createCastellan, principalOf } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { createMigrations, type PostgresStores, postgresStores } from '@castellan/store-postgres';
import express from 'express';
import type { Transaction } from 'kysely';
import type pg from 'pg';

/** A whole app on a real database, listening. */
export interface HttpApp {
  readonly url: string;
  readonly castellan: Castellan;
  stop(): Promise<void>;
}

const keys: string = await generateKeys();
const peppers: string = generatePepper();

type Extra = Partial<
  CastellanOptions<Readonly<Record<string, { readonly rank: number }>>, readonly [], Transaction<unknown>>
> & {
  readonly storeOptions?: Parameters<typeof postgresStores>[1];
};

/** Migrates the database and puts an Express app on it. Apps of one test file share keys and peppers, as processes of one deployment do. */
export async function startHttpApp(pool: pg.Pool, { storeOptions, ...extra }: Extra = {}): Promise<HttpApp> {
  await createMigrations(pool).up();
  const stores: PostgresStores<unknown> = postgresStores(pool, storeOptions);
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys,
    peppers,
    accounts: { argon2: { memoryKiB: 1024, passes: 1 } },
    tenantOf: (request) => String(request.headers['x-tenant'] ?? ''),
    // one address makes all accounts of a test
    limits: { register: '10000/1m', login: '10000/1m', loginAddress: '10000/1m', loginSoft: false },
    ...extra,
    stores,
  });
  castellan.events.on('request.failed', ({ error, path }) => console.error(`500 at ${path}:`, error));
  await castellan.start();
  const { guard, authRoutes, problems } = createGate(castellan);
  const app = express();
  app.use('/auth', authRoutes);
  app.get('/whoami', guard(), (req, res) => {
    res.json({ subject: principalOf(req).subject });
  });
  app.use(problems);
  const server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    castellan,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await castellan.stop();
    },
  };
}

/** An answer, read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** One request; a body that is no text or bytes is sent as JSON. */
export async function request(
  url: string,
  method: string,
  path: string,
  {
    body,
    token,
    headers = {},
  }: { readonly body?: unknown; readonly token?: string; readonly headers?: Record<string, string> } = {},
): Promise<Reply> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : {} };
}

/** The tokens of an answer. */
export const accessToken = (reply: Reply): string => String(reply.body['access_token']);
export const refreshToken = (reply: Reply): string => String(reply.body['refresh_token']);
