import { StoreUnavailableError } from '@castellan/core/kernel';
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { doomedPool } from '../../../../tests/support/doomed-pool.ts';
import { type FaultProxy, startFaultProxy } from '../../../../tests/support/fault-proxy.ts';
import { readBytes, readInt, readMs, readTextArray } from './columns.ts';
import { DatabaseConflict } from './conflict.ts';
import type { Driver } from './driver.ts';
import { driverOf } from './driver-of.ts';
import { statement } from './statement.ts';

const schema = 'castellan_kysely_test';
interface Tables {
  [name: `${string}.ledger`]: { id: number; note: string | null };
}
const insert = statement(`insert into ${schema}.ledger (id, note) values ($1::int, $2::text) returning id as row_id`);
const all = statement(`select id, note from ${schema}.ledger order by id`);
const read = { retry: 'read' } as const;
const never = { retry: 'never' } as const;

let db: Kysely<Tables>;
let far: Kysely<Tables>;
let proxy: FaultProxy;
let driver: Driver<unknown>;

const kyselyOver = (connectionString: string): Kysely<Tables> => {
  const pool = doomedPool({ connectionString, max: 2, connectionTimeoutMillis: 1_000 });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] });
};

beforeAll(async () => {
  db = kyselyOver(inject('postgresUrl'));
  driver = driverOf(db);
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db);
  await sql`create schema ${sql.id(schema)}`.execute(db);
  await sql`create table ${sql.id(schema, 'ledger')} (id int primary key, note text)`.execute(db);
});

beforeEach(async () => {
  await sql`truncate ${sql.id(schema, 'ledger')}`.execute(db);
  proxy = await startFaultProxy(Number(new URL(inject('postgresUrl')).port));
  far = kyselyOver(proxy.through(inject('postgresUrl')));
});

afterEach(async () => {
  far.destroy().catch(() => {});
  await proxy.stop();
});

afterAll(async () => {
  await sql`drop schema ${sql.id(schema)} cascade`.execute(db);
  await db.destroy();
});

describe("over the caller's Kysely", () => {
  it("rows keep our names whatever the caller's plugins rename, and the readers know the host's shapes", async () => {
    expect(await driver.run(insert, [1, 'a'], never)).toEqual([{ row_id: 1 }]);
    const [row] = await driver.run<Record<string, unknown>>(
      statement(
        `select timestamptz '2026-11-21 15:30:00.123+00' as made_at, '\\x00ff'::bytea as b, 7::bigint as i8, '{a,b}'::text[] as arr`,
      ),
      [],
      read,
    );
    expect(readMs(row?.['made_at'])).toBe(Date.UTC(2026, 10, 21, 15, 30, 0, 123));
    expect([...readBytes(row?.['b'])]).toEqual([0, 255]);
    expect(readInt(row?.['i8'])).toBe(7);
    expect(readTextArray(row?.['arr'])).toEqual(['a', 'b']);
  });

  it('a violated constraint is a result, a mistake is thrown as it is', async () => {
    await driver.run(insert, [1, 'a'], never);
    await expect(driver.run(insert, [1, 'a'], never)).rejects.toBeInstanceOf(DatabaseConflict);
    await expect(driver.run(statement('select nothing'), [], read)).rejects.toMatchObject({ code: '42703' });
  });

  it('the start checks the server', async () => {
    await expect(driver.start()).resolves.toBeUndefined();
  });

  it('a database that falls silent is unavailable in time', async () => {
    const over = driverOf(far);
    await over.run(all, [], read);
    proxy.freeze();
    const began = performance.now();
    await expect(over.run(all, [], { retry: 'read', timeoutMs: 200, withinMs: 600 })).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    await expect(over.transaction(async () => {}, { timeoutMs: 200 })).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('a try whose answer was lost is asked for before the next one, and its answer is given', async () => {
    const over = driverOf(far);
    let done = 0;
    const values = () => [1, `try ${++done}`];
    const recall = () => ({
      answer: { statement: statement(`select id as row_id from ${schema}.ledger`), values: [] },
    });
    proxy.loseAnswerTo('insert into');
    expect(await over.run(insert, values, { retry: 'idempotent', recall })).toEqual([{ row_id: 1 }]);
    await proxy.lost;
    expect(await driver.run(all, [], read)).toEqual([{ id: 1, note: 'try 1' }]);
  });

  it('what nobody waits for any more when a connection comes is not carried out', async () => {
    const held = Promise.withResolvers<void>();
    const holders = [0, 1].map(() => db.connection().execute(() => held.promise));
    await expect(driver.run(insert, [1, 'late'], { ...never, withinMs: 100 })).rejects.toThrow(StoreUnavailableError);
    let asked = 0;
    const patient = driver.run(insert, () => [2, `made ${++asked}`], never);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(0); // what depends on the moment is worked out when there is a connection
    held.resolve();
    await Promise.all([patient, ...holders]);
    expect(await driver.run(all, [], read)).toEqual([{ id: 2, note: 'made 1' }]);
  });

  it("a transaction gives the caller's own Kysely, plugins and all, and rolls back what throws", async () => {
    const error = new Error('no');
    await driverOf<Tables>(db).transaction(async (runner, tx) => {
      await runner.run(insert, [1, 'a'], never);
      expect(await tx.selectFrom(`${schema}.ledger`).select('id').execute()).toEqual([{ id: 1 }]);
    });
    const unit = driver.transaction(async (runner) => {
      await runner.run(insert, [2, 'b'], never);
      throw error;
    });
    await expect(unit).rejects.toBe(error);
    expect(await driver.run(all, [], read)).toEqual([{ id: 1, note: 'a' }]);
  });

  it('a COMMIT whose answer is lost is repeated only by what is idempotent', async () => {
    for (const retry of ['never', 'idempotent'] as const) {
      let attempts = 0;
      proxy.loseAnswerTo('commit\0');
      const unit = driverOf(far).transaction(
        async (runner) => {
          attempts++;
          await runner.run(all, [], read);
        },
        { retry },
      );
      if (retry === 'never') await expect(unit).rejects.toBeInstanceOf(StoreUnavailableError);
      else await unit;
      expect(attempts).toBe(retry === 'never' ? 1 : 2);
    }
  });

  it('an error that was swallowed inside a transaction comes out at COMMIT', async () => {
    const unit = driver.transaction(async (runner) => {
      await runner.run(insert, [1, 'a'], never);
      await runner.run(statement('select nothing'), [], read).catch(() => {});
    });
    await expect(unit).rejects.toThrow();
    expect(await driver.run(all, [], read)).toEqual([]);
  });
});

describe("inside the caller's transaction", () => {
  it('what we write stands when the caller commits, and is gone when the caller rolls back', async () => {
    await db.transaction().execute(async (tx) => {
      const inner = driverOf<Tables>(tx);
      expect(inner.maxFlights).toBe(0);
      await inner.start();
      await inner.run(insert, [1, 'kept'], never);
    });
    await db
      .transaction()
      .execute(async (tx) => {
        await driverOf<Tables>(tx).run(insert, [2, 'gone'], never);
        throw new Error('rolled back');
      })
      .catch(() => {});
    expect(await driver.run(all, [], read)).toEqual([{ id: 1, note: 'kept' }]);
  });

  it('a unit that throws is undone to its beginning, and the transaction goes on', async () => {
    await db.transaction().execute(async (tx) => {
      const inner = driverOf<Tables>(tx);
      await inner.run(insert, [1, 'before'], never);
      const units = [2, 3, 4].map((id) =>
        inner.transaction(async (runner) => {
          await runner.run(insert, [id, 'unit'], never);
          if (id === 3) await runner.run(insert, [1, 'taken'], never);
        }),
      );
      expect(await Promise.allSettled(units)).toMatchObject([
        { status: 'fulfilled' },
        { reason: expect.any(DatabaseConflict) },
        { status: 'fulfilled' },
      ]);
    });
    const rows = await driver.run<{ id: number }>(all, [], read);
    expect(rows.map((row) => row.id)).toEqual([1, 2, 4]);
  });

  it('what is no client at all is refused by name', () => {
    expect(() => driverOf({} as never)).toThrow(/pg.Pool/);
  });
});
