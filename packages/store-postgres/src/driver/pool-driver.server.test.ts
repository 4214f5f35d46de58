import { StoreUnavailableError } from '@castellan/core/kernel';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../../../tests/support/fault-proxy.ts';
import { DatabaseConflict } from './conflict.ts';
import type { Driver } from './driver.ts';
import { poolDriver } from './pool-driver.ts';
import { statement } from './statement.ts';
import { TransactionAbortedError } from './transaction-aborted.ts';

const schema = 'castellan_driver_test';
const one = statement('select 1 as one');
const sleep = statement('select pg_sleep($1::float8)::text as slept');
// the second call of the same id gives the first one's answer: idempotent by construction
const record = statement(
  `insert into ${schema}.ledger (id, note) values ($1::int, $2::text) on conflict (id) do update set note = ledger.note returning id, note`,
);
const insert = statement(`insert into ${schema}.ledger (id, note) values ($1::int, $2::text)`);
const byId = statement(`select id, note from ${schema}.ledger where id = $1::int`);

let admin: pg.Pool;
let pool: pg.Pool;
let proxied: pg.Pool;
let proxy: FaultProxy;
let driver: Driver<unknown>;
let far: Driver<unknown>;

beforeAll(async () => {
  admin = new pg.Pool({ connectionString: inject('postgresUrl'), max: 2 });
  await admin.query(`drop schema if exists ${schema} cascade`);
  await admin.query(`create schema ${schema}`);
});

beforeEach(async () => {
  await admin.query(`drop table if exists ${schema}.ledger`);
  await admin.query(`create table ${schema}.ledger (id int primary key, note text)`);
  proxy = await startFaultProxy(Number(new URL(inject('postgresUrl')).port));
  pool = new pg.Pool({ connectionString: inject('postgresUrl'), max: 3, application_name: 'driver_test' });
  proxied = new pg.Pool({ connectionString: proxy.through(inject('postgresUrl')), max: 3 });
  driver = poolDriver(pool);
  far = poolDriver(proxied);
});

afterEach(async () => {
  await pool.end();
  proxied.end().catch(() => {});
  await proxy.stop();
});

afterAll(async () => {
  await admin.query(`drop schema ${schema} cascade`);
  await admin.end();
});

const read = { retry: 'read' } as const;
const hot = { retry: 'idempotent', timeoutMs: 200 } as const;

async function terminateAll(): Promise<void> {
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'driver_test' and pid <> pg_backend_pid()`,
  );
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come');
}

const busyBackends = async (): Promise<number> => {
  const { rows } = await admin.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where application_name = 'driver_test' and state = 'active'`,
  );
  return rows[0]?.n ?? 0;
};

describe('values', () => {
  it('come through our own parsers, whatever the host has set for the whole process', async () => {
    const before = pg.types.getTypeParser(1184);
    pg.types.setTypeParser(1184, () => 'somebody else parses');
    try {
      const [row] = await driver.run(
        statement(
          `select timestamptz '2026-11-21 15:30:00.123456+00' as t, '\\x00ff'::bytea as b, 7::bigint as i8, true as yes, '{"a":1}'::jsonb as j, null::int as n, 1.5::float8 as f, '{a,b}'::text[] as arr`,
        ),
        [],
        read,
      );
      expect(row).toEqual({
        t: Date.UTC(2026, 10, 21, 15, 30, 0, 123),
        b: Buffer.from([0, 255]),
        i8: 7,
        yes: true,
        j: { a: 1 },
        n: null,
        f: 1.5,
        arr: '{a,b}',
      });
    } finally {
      pg.types.setTypeParser(1184, before);
    }
  });

  it('statements are named, once a connection, and not named where poolers lose names', async () => {
    const names = statement(`select name from pg_prepared_statements where name like 'castellan%'`);
    for (let i = 0; i < 3; i++) await driver.run(one, [], read);
    expect(await driver.run(names, [], read)).toEqual(expect.arrayContaining([{ name: one.name }]));
    const plain = poolDriver(new pg.Pool({ connectionString: inject('postgresUrl'), max: 1 }), {
      preparedStatements: false,
    });
    await plain.run(one, [], read);
    expect(await plain.run(names, [], read)).toEqual([]);
  });

  it('a pool that delivers binary values is refused when the store is made', () => {
    expect(() => poolDriver(new pg.Pool(Object.assign({ max: 1 }, { binary: true })))).toThrow(/binary/);
  });
});

describe('outcomes', () => {
  it('a violated constraint is a result with its name, and the connection stays in the pool', async () => {
    await driver.run(insert, [1, 'a'], { retry: 'never' });
    const again = driver.run(insert, [1, 'b'], { retry: 'never' });
    await expect(again).rejects.toBeInstanceOf(DatabaseConflict);
    await expect(again).rejects.toMatchObject({ code: '23505', constraint: 'ledger_pkey' });
    expect(pool.totalCount).toBe(1);
    expect(pool.idleCount).toBe(1);
  });

  it('a mistake in a statement is thrown as it is: waiting would not mend it', async () => {
    await expect(driver.run(statement('select nothing from nowhere'), [], read)).rejects.toMatchObject({
      code: '42P01',
    });
  });
});

describe('start', () => {
  it('passes on READ COMMITTED and refuses a stricter default with the way out', async () => {
    await driver.start();
    const strict = new pg.Pool({
      connectionString: inject('postgresUrl'),
      options: '-c default_transaction_isolation=serializable',
    });
    await expect(poolDriver(strict).start()).rejects.toThrow(/serializable.*ALTER ROLE/);
    // a transaction of ours names its level
    const level = await poolDriver(strict).transaction((runner) =>
      runner.run(statement(`select current_setting('transaction_isolation') as level`), [], read),
    );
    expect(level).toEqual([{ level: 'read committed' }]);
    await strict.end();
  });

  it('an absent server is unavailable, not a mistake', async () => {
    const nobody = poolDriver(new pg.Pool({ host: '127.0.0.1', port: 1 }));
    await expect(nobody.start()).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

describe('a backend that is killed', () => {
  it('while a statement runs: the process lives, a write of unknown outcome is not repeated, the pool heals', async () => {
    const running = driver.run(sleep, [30], { retry: 'never' });
    const failing = expect(running).rejects.toBeInstanceOf(StoreUnavailableError);
    await until(async () => (await busyBackends()) === 1);
    await terminateAll();
    await failing;
    expect(await driver.run(one, [], read)).toEqual([{ one: 1 }]);
  });

  it('while a read runs: the read is carried out again', async () => {
    const reading = driver.run(statement('select pg_sleep(0.5)::text, 1 as one'), [], read);
    await until(async () => (await busyBackends()) === 1);
    await terminateAll();
    expect(await reading).toMatchObject([{ one: 1 }]);
  });

  it('while it is idle: the process lives and nobody notices', async () => {
    await Promise.all([1, 2, 3].map(() => driver.run(one, [], read)));
    await terminateAll();
    await until(() => pool.totalCount === 0);
    expect(await driver.run(one, [], { retry: 'never' })).toEqual([{ one: 1 }]);
  });

  it("while the host's own code holds the client, also one that was connected before the pool was handed over", async () => {
    const early = new pg.Pool({ connectionString: inject('postgresUrl'), max: 2, application_name: 'driver_test' });
    const held = await early.connect();
    poolDriver(early);
    await terminateAll();
    await expect(held.query('select 1')).rejects.toThrow();
    held.release(true);
    await early.end();
  });

  it('inside a transaction before COMMIT: the whole unit is carried out again, once committed', async () => {
    let attempts = 0;
    await driver.transaction(async (runner) => {
      attempts++;
      await runner.run(insert, [1, `attempt ${attempts}`], { retry: 'never' });
      if (attempts === 1) {
        await terminateAll();
        await runner.run(one, [], read);
      }
    });
    expect(await driver.run(byId, [1], read)).toEqual([{ id: 1, note: 'attempt 2' }]);
  });
});

describe('a database that falls silent', () => {
  it('is unavailable within the time of the statement and a second; then the pool is usable', async () => {
    await Promise.all([1, 2, 3].map(() => far.run(one, [], read)));
    proxy.freeze();
    const began = performance.now();
    const calls = Array.from({ length: 6 }, () => far.run(one, [], { retry: 'read', timeoutMs: 200 }));
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    }
    expect(performance.now() - began).toBeLessThan(4_000);
    proxy.heal();
    // the pool has no time-out of its own: connections whose handshake was swallowed end two seconds after they were noticed
    await until(() =>
      far.run(one, [], { retry: 'read', withinMs: 500 }).then(
        () => true,
        () => false,
      ),
    );
    expect(await Promise.all([1, 2, 3].map(() => far.run(one, [], read)))).toHaveLength(3);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('of a pool with a time-out of its own nothing is left over', async () => {
    const timed = new pg.Pool({
      connectionString: proxy.through(inject('postgresUrl')),
      max: 3,
      connectionTimeoutMillis: 1_000,
    });
    const over = poolDriver(timed);
    await Promise.all([1, 2, 3].map(() => over.run(one, [], read)));
    proxy.freeze();
    await Promise.allSettled([1, 2, 3, 4, 5].map(() => over.run(one, [], { retry: 'read', timeoutMs: 200 })));
    proxy.heal();
    await until(() => timed.totalCount === 0);
    expect(await over.run(one, [], read)).toEqual([{ one: 1 }]);
    await timed.end();
  });

  it('the caller hears of it when its own time is over, and the connection may still answer', async () => {
    const began = performance.now();
    await expect(driver.run(sleep, [0.6], { retry: 'read', withinMs: 200 })).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    expect(performance.now() - began).toBeLessThan(500);
    await until(() => pool.idleCount === 1);
    expect(pool.totalCount).toBe(1);
  });

  it('inside a transaction too; its connection is thrown away', async () => {
    const began = performance.now();
    const unit = far.transaction(
      async (runner) => {
        await runner.run(insert, [1, 'lost'], { retry: 'never' });
        proxy.freeze();
        await runner.run(one, [], read);
      },
      { timeoutMs: 200 },
    );
    await expect(unit).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - began).toBeLessThan(6_000);
    proxy.heal();
    expect(await far.run(byId, [1], read)).toEqual([]);
  });
});

describe('a COMMIT whose answer is lost', () => {
  it('an idempotent statement is repeated and gives the same answer', async () => {
    await far.run(record, [1, 'before'], hot);
    // by now the statement is known to the connection: its name is not sent again, its value is
    proxy.loseAnswerTo('the-value');
    expect(await far.run(record, [2, 'the-value'], hot)).toEqual([{ id: 2, note: 'the-value' }]);
    await proxy.lost;
    expect(await driver.run(byId, [2], read)).toEqual([{ id: 2, note: 'the-value' }]);
  });

  it('any other write is not repeated; its outcome is said to be unknown', async () => {
    proxy.loseAnswerTo('the-value');
    await expect(far.run(insert, [1, 'the-value'], { retry: 'never' })).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await driver.run(byId, [1], read)).toEqual([{ id: 1, note: 'the-value' }]);
  });

  it('also where the answer just never comes', async () => {
    await far.run(one, [], read);
    proxy.loseAnswerTo('the-value', 'silence');
    const began = performance.now();
    expect(await far.run(record, [1, 'the-value'], hot)).toEqual([{ id: 1, note: 'the-value' }]);
    expect(performance.now() - began).toBeLessThan(2_500);
  });

  it('a transaction is carried out again only when it says that this is safe', async () => {
    for (const retry of ['never', 'idempotent'] as const) {
      let attempts = 0;
      proxy.loseAnswerTo('commit\0');
      const unit = far.transaction(
        async (runner) => {
          attempts++;
          await runner.run(record, [attempts === 1 ? 1 : 2, retry], { retry: 'never' });
        },
        { retry },
      );
      if (retry === 'never') await expect(unit).rejects.toBeInstanceOf(StoreUnavailableError);
      else await unit;
      expect(attempts).toBe(retry === 'never' ? 1 : 2);
    }
  });
});

describe('a pool of pipelining clients', () => {
  const pipelining = (max: number): pg.Pool =>
    new pg.Pool({ connectionString: proxy.through(inject('postgresUrl')), max, pipeline: true });

  it('reads that are under way together share a connection, each with its own answer or error', async () => {
    const over = pipelining(3);
    const through = poolDriver(over);
    const echo = statement('select 10 / $1::int as tenth');
    const answers = await Promise.allSettled([1, 2, 0, 5].map((n) => through.run(echo, [n], read)));
    expect(answers).toMatchObject([
      { value: [{ tenth: 10 }] },
      { value: [{ tenth: 5 }] },
      { reason: { code: '22012' } },
      { value: [{ tenth: 2 }] },
    ]);
    expect(over.totalCount).toBe(1);
    expect(over.idleCount).toBe(1);
    await over.end();
  });

  it('writes and transactions have their own', async () => {
    const over = pipelining(3);
    const through = poolDriver(over);
    const writing = [1, 2].map((id) => through.run(insert, [id, 'a'], { retry: 'never' }));
    await Promise.all([...writing, through.run(one, [], read)]);
    expect(over.totalCount).toBe(3);
    await over.end();
  });

  it('a connection that falls silent fails its reads together, in time, and is thrown away', async () => {
    const over = pipelining(1);
    const through = poolDriver(over);
    await through.run(one, [], read);
    proxy.freeze();
    const began = performance.now();
    const reads = [1, 2, 3].map(() => through.run(one, [], { retry: 'read', timeoutMs: 200, withinMs: 1_800 }));
    for (const result of await Promise.allSettled(reads)) {
      expect(result).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    }
    expect(performance.now() - began).toBeLessThan(2_500);
    proxy.heal();
    await until(() =>
      through.run(one, [], { retry: 'read', withinMs: 500 }).then(
        () => true,
        () => false,
      ),
    );
    await over.end();
  });
});

describe('several stores over one pool', () => {
  it('listen to its connections once', async () => {
    for (let i = 0; i < 20; i++) await poolDriver(pool).run(one, [], read);
    expect(pool.listenerCount('error')).toBe(1);
    const client = await pool.connect();
    expect(client.listenerCount('error')).toBe(1);
    client.release();
  });
});

describe('plans that are gone', () => {
  it("a pooler's DEALLOCATE ALL on every connection is healed once, outside of the caller's sight", async () => {
    await Promise.all([1, 2, 3].map(() => driver.run(record, [1, 'a'], { retry: 'never' })));
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
    for (const client of clients) await client.query('deallocate all');
    for (const client of clients) client.release();
    expect(await driver.run(record, [1, 'b'], { retry: 'never' })).toEqual([{ id: 1, note: 'a' }]);
  });

  it('a column that changed under a cached plan is healed in the same way', async () => {
    const all = statement(`select * from ${schema}.ledger`);
    await Promise.all([1, 2, 3].map(() => driver.run(all, [], { retry: 'never' })));
    await admin.query(`alter table ${schema}.ledger add column more int`);
    expect(await driver.run(all, [], { retry: 'never' })).toEqual([]);
    expect(pool.totalCount).toBeLessThan(4);
  });
});

describe('a server that has become read-only', () => {
  it('a write is tried once more on another connection', async () => {
    await driver.run(one, [], read);
    const client = await pool.connect();
    await client.query('set default_transaction_read_only = on');
    client.release();
    expect(await driver.run(insert, [1, 'a'], { retry: 'never' })).toEqual([]);
  });
});

describe('waiting', () => {
  it('for a connection of an exhausted pool ends after two seconds; the late connection goes back', async () => {
    const held = await Promise.all([1, 2, 3].map(() => pool.connect()));
    const began = performance.now();
    await expect(driver.run(one, [], read)).rejects.toBeInstanceOf(StoreUnavailableError);
    const waitedMs = performance.now() - began;
    expect(waitedMs).toBeGreaterThan(1_900);
    expect(waitedMs).toBeLessThan(2_600);
    for (const client of held) client.release();
    await until(() => pool.idleCount === 3);
    expect(pool.waitingCount).toBe(0);
    expect(await driver.run(one, [], read)).toEqual([{ one: 1 }]);
  });

  it('for a lock inside a transaction ends after half a second; the unit is tried again', async () => {
    await driver.run(insert, [1, 'a'], { retry: 'never' });
    const holder = await pool.connect();
    await holder.query('begin');
    await holder.query(`update ${schema}.ledger set note = 'held' where id = 1`);
    let attempts = 0;
    await driver.transaction(async (runner) => {
      attempts++;
      if (attempts === 2) {
        await holder.query('rollback');
        holder.release();
      }
      await runner.run(statement(`update ${schema}.ledger set note = 'ours' where id = 1`), [], { retry: 'never' });
    });
    expect(attempts).toBe(2);
    expect(await driver.run(byId, [1], read)).toEqual([{ id: 1, note: 'ours' }]);
  });
});

describe('transactions', () => {
  it("what the caller's code throws rolls all back and comes out as it is", async () => {
    const error = new Error('out of stock');
    const unit = driver.transaction(async (runner) => {
      await runner.run(insert, [1, 'a'], { retry: 'never' });
      throw error;
    });
    await expect(unit).rejects.toBe(error);
    expect(await driver.run(byId, [1], read)).toEqual([]);
    expect(pool.idleCount).toBe(1);
  });

  it("the caller's Kysely writes on the same connection, with the types and counts that Kysely promises", async () => {
    interface Tables {
      [name: `${string}.ledger`]: { id: number; note: string };
    }
    const typed = poolDriver<Tables>(pool);
    const updated = await typed.transaction(async (runner, tx) => {
      await runner.run(insert, [1, 'a'], { retry: 'never' });
      await tx.insertInto(`${schema}.ledger`).values({ id: 2, note: 'b' }).execute();
      expect(tx.isTransaction).toBe(true);
      const rows = await tx.selectFrom(`${schema}.ledger`).select(['id', 'note']).orderBy('id').execute();
      expect(rows).toEqual([
        { id: 1, note: 'a' },
        { id: 2, note: 'b' },
      ]);
      return tx.updateTable(`${schema}.ledger`).set({ note: 'c' }).executeTakeFirst();
    });
    expect(updated.numUpdatedRows).toBe(2n);
    expect(await driver.run(byId, [2], read)).toEqual([{ id: 2, note: 'c' }]);
  });

  it('a swallowed error is reported at COMMIT, and nothing is kept', async () => {
    const unit = driver.transaction(async (runner, tx) => {
      await runner.run(insert, [1, 'a'], { retry: 'never' });
      await sql`select nothing`.execute(tx as never).catch(() => {});
    });
    await expect(unit).rejects.toBeInstanceOf(TransactionAbortedError);
    await expect(unit).rejects.toMatchObject({ cause: { code: '42703' } });
    expect(await driver.run(byId, [1], read)).toEqual([]);
    expect(pool.idleCount).toBe(1);
  });

  it('whoever keeps the runner beyond the end gets an error, not the connection of somebody else', async () => {
    const kept = await driver.transaction(async (runner) => runner);
    await expect(kept.run(one, [], read)).rejects.toThrow('the transaction is over');
  });

  it('two that dead-lock both succeed: the one that was rolled back is carried out again', async () => {
    await driver.run(insert, [1, 'a'], { retry: 'never' });
    await driver.run(insert, [2, 'b'], { retry: 'never' });
    const touch = statement(`update ${schema}.ledger set note = note || '!' where id = $1::int`);
    const met = Promise.withResolvers<void>();
    let arrived = 0;
    const cross = (first: number, second: number): Promise<void> =>
      driver.transaction(async (runner) => {
        await runner.run(touch, [first], { retry: 'never' });
        if (++arrived === 2) met.resolve();
        await met.promise;
        await runner.run(touch, [second], { retry: 'never' });
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await driver.run(byId, [1], read)).toEqual([{ id: 1, note: 'a!!' }]);
  });

  it('one that nobody waits for any more is rolled back rather than committed', async () => {
    const unit = driver.transaction(
      async (runner) => {
        await runner.run(insert, [1, 'a'], { retry: 'never' });
        await runner.run(sleep, [0.3], read);
      },
      { withinMs: 100 },
    );
    await expect(unit).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await driver.run(byId, [1], read)).toEqual([]);
  });
});
