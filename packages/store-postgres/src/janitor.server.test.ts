import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { driverOf } from './driver/driver-of.ts';
import { janitor } from './janitor.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { openPglite } from './pglite/index.ts';
import { postgresStores } from './postgres-stores.ts';
import { quotedSchema } from './sql/quoted-schema.ts';

let database: OwnDatabase;
let pool: pg.Pool;
const s = quotedSchema('castellan');
const warnings: string[] = [];
const warn = (message: string): void => {
  warnings.push(message);
};
const keeper = (on: pg.Pool = pool) => janitor(driverOf(on), s, { everyMs: 60_000, warn });

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool();
  await createMigrations(pool).up();
});
afterAll(() => database.drop());

test('what is long over goes, in batches and by three janitors at once; what lives or is just over stays', async () => {
  await pool.query(`insert into castellan.subject (id) values ('a')`);
  await pool.query(
    `insert into castellan.session (id, subject, user_epoch, leaf_hash, leaf_kid, leaf_at, created_at, last_used_at, idle_expires_at, expires_at, auth_time)
     select gen_random_uuid(), 'a', 0, decode(repeat('00', 32), 'hex'), 1, now(), now(), now(), now(), now() + x.age, now()
     from (select interval '-8 days' as age from generate_series(1, 2500) union all values (interval '-6 days'), (interval '1 day')) x`,
  );
  await pool.query(
    `insert into castellan.revocation (at, expires_at, kind, key)
     values (now(), now() - interval '2 hours', 1, 'over'), (now(), now() + interval '1 minute', 1, 'live')`,
  );
  await Promise.all([keeper().tidy(), keeper().tidy(), keeper().tidy()]);
  expect((await pool.query('select count(*)::int as n from castellan.session')).rows).toEqual([{ n: 2 }]);
  expect((await pool.query('select key from castellan.revocation')).rows).toEqual([{ key: 'live' }]);
  expect(warnings).toEqual([]);
});

test('this month and three ahead have partitions; rows that came before them have moved, and keep their place in the order', async () => {
  await pool.query('drop table if exists castellan.audit_event cascade');
  await createAuditAnew();
  await pool.query(
    `insert into castellan.audit_event (id, at, action) values (gen_random_uuid(), now(), 'user.login'), (gen_random_uuid(), now() - interval '90 days', 'user.login')`,
  );
  const before = (await pool.query('select id, tx, at from castellan.audit_event order by at')).rows;
  await Promise.all([keeper().tidy(), keeper().tidy()]);
  const { rows } = await pool.query(
    `select relname from pg_class where relnamespace = 'castellan'::regnamespace and relname like 'audit_event_2%' and relkind = 'r' order by 1`,
  );
  const now = new Date();
  const months = [0, 1, 2, 3].map((ahead) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
    return { relname: `audit_event_${month.toISOString().slice(0, 7).replace('-', '_')}` };
  });
  expect(rows).toEqual(months);
  expect((await pool.query('select id, tx, at from castellan.audit_event order by at')).rows).toEqual(before);
  expect((await pool.query('select count(*)::int as n from castellan.audit_event_default')).rows).toEqual([{ n: 1 }]);
  expect(warnings).toEqual([]);
});

test('rows that are under way while their month gets its partition are written all the same', async () => {
  const stores = postgresStores(pool, { housekeeping: false });
  const origin = { ip: null, userAgent: null, requestId: null };
  const entry = {
    tenant: 'race',
    actor: null,
    action: 'user.login',
    targetKind: null,
    target: null,
    meta: null,
  } as const;
  let written = 0;
  for (let round = 0; round < 10; round++) {
    await pool.query('drop table castellan.audit_event cascade');
    await createAuditAnew();
    const writing = Array.from({ length: 40 }, async () => {
      for (let i = 0; i < 5; i++) {
        await stores.audit.append([{ ...entry, id: crypto.randomUUID(), outcome: 'success', origin }]);
        written++;
      }
    });
    await Promise.all([...writing, keeper().tidy()]);
    const { rows } = await pool.query(`select count(*)::int as n from castellan.audit_event where tenant = 'race'`);
    expect(rows).toEqual([{ n: 200 }]);
  }
  expect(written).toBe(2000);
  expect(warnings).toEqual([]);
});

test('without the right to make tables the janitor says so once, and goes on sweeping', async () => {
  const role = `app_${Math.random().toString(36).slice(2)}`;
  await pool.query(`create role ${role} login`);
  await pool.query(`grant usage on schema castellan to ${role}`);
  await pool.query(`grant select, insert, update, delete on all tables in schema castellan to ${role}`);
  await pool.query(`drop table castellan.${(await lastPartition()).relname}`);
  const url = new URL(database.url);
  url.username = role;
  const own = database.pool({ connectionString: url.href });
  await pool.query(`update castellan.session set expires_at = now() - interval '9 days'`);
  const mine = keeper(own);
  await mine.tidy();
  await mine.tidy();
  expect(warnings).toEqual([
    expect.stringMatching(/partitions failed \(the role may not create tables; the default partition serves\)/),
  ]);
  expect((await pool.query('select count(*)::int as n from castellan.session')).rows).toEqual([{ n: 0 }]);
  await own.end();
  await pool.query(`drop owned by ${role}`);
  await pool.query(`drop role ${role}`);
});

test('on PGlite, which has no autovacuum, tables that have doubled are analysed, once', async () => {
  await using pglite = await openPglite();
  await createMigrations(pglite).up();
  const mine = janitor(driverOf(pglite), s, { everyMs: 60_000, warn });
  const grow = (from: number, to: number): Promise<unknown> =>
    pglite.query(`insert into castellan.subject (id) select 'user-' || i from generate_series(${from}, ${to}) i`);
  const known = async (): Promise<unknown> =>
    (await pglite.query(`select reltuples as n from pg_class where oid = 'castellan.subject'::regclass`)).rows;
  const before = warnings.length;
  await mine.tidy();
  expect(await known()).toEqual([{ n: -1 }]);
  await grow(1, 5000);
  await mine.tidy();
  expect(await known()).toEqual([{ n: 5000 }]);
  await grow(5001, 6000);
  await mine.tidy();
  expect(await known()).toEqual([{ n: 5000 }]);
  await grow(6001, 20_000);
  await mine.tidy();
  expect(await known()).toEqual([{ n: 20_000 }]);
  expect(warnings).toHaveLength(before);
});

test('a round under way is waited for by stop, and none begins after it', async () => {
  const mine = keeper();
  await Promise.all([mine.start(), mine.start()]);
  await mine.stop();
  await mine.stop();
});

async function lastPartition(): Promise<{ relname: string }> {
  const { rows } = await pool.query<{ relname: string }>(
    `select relname from pg_class where relnamespace = 'castellan'::regnamespace and relname like 'audit_event_2%' and relkind = 'r' order by 1 desc limit 1`,
  );
  return rows[0] ?? { relname: '' };
}

async function createAuditAnew(): Promise<void> {
  await pool.query(`delete from castellan.migration where name = '0002_audit'`);
  await createMigrations(pool).up();
}
