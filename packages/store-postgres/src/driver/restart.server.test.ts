import { StoreUnavailableError } from '@castellan/core/kernel';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgresServer } from '../../../../tests/support/postgres-server.ts';
import type { Driver } from './driver.ts';
import { poolDriver } from './pool-driver.ts';
import { statement } from './statement.ts';

const insert = statement('insert into ledger (id) values ($1::int) on conflict (id) do nothing');
const ids = statement('select id from ledger order by id');

let server: PostgresServer;
let pool: pg.Pool;
let driver: Driver<unknown>;

beforeAll(async () => {
  server = await startPostgresServer({ fsync: true });
  pool = new pg.Pool({ connectionString: server.url, max: 4 });
  driver = poolDriver(pool);
  await pool.query('create table ledger (id int primary key)');
});

afterAll(async () => {
  await pool.end();
  await server.stop();
});

it.each(['stopServer', 'killServer'] as const)(
  'through %s and a start 16 callers lose nothing that was confirmed, and go on by themselves',
  async (how) => {
    const confirmed: number[] = [];
    let next = how === 'stopServer' ? 1 : 1_000_000;
    let over = false;
    let refused = 0;
    let slowestMs = 0;
    const caller = async (): Promise<void> => {
      while (!over) {
        const id = next++;
        const began = performance.now();
        try {
          await driver.run(insert, [id], { retry: 'idempotent', timeoutMs: 1_000 });
          confirmed.push(id);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreUnavailableError);
          refused++;
        }
        slowestMs = Math.max(slowestMs, performance.now() - began);
      }
    };
    const callers = Array.from({ length: 16 }, caller);
    const during = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await during(200);
    await server[how]();
    await during(300);
    await server.startServer();
    const beforeIt = confirmed.length;
    // after a kill it first recovers; the callers go on without being told
    for (let i = 0; i < 300 && confirmed.length < beforeIt + 50; i++) await during(50);
    over = true;
    await Promise.all(callers);

    expect(confirmed.length).toBeGreaterThanOrEqual(beforeIt + 50);
    expect(refused).toBeGreaterThan(0);
    expect(slowestMs).toBeLessThan(4_000);
    const stored = new Set((await driver.run<{ id: number }>(ids, [], { retry: 'read' })).map((row) => row.id));
    expect(confirmed.filter((id) => !stored.has(id))).toEqual([]);
  },
);
