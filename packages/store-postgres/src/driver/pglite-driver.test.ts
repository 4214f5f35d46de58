import { StoreUnavailableError } from '@castellan/core/kernel';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readBytes, readInt, readMs, readTextArray, timestampValue } from './columns.ts';
import { DatabaseConflict } from './conflict.ts';
import type { Driver } from './driver.ts';
import { driverOf } from './driver-of.ts';
import { statement } from './statement.ts';
import { TransactionAbortedError } from './transaction-aborted.ts';

const insert = statement('insert into ledger (id, note) values ($1::int, $2::text)');
const all = statement('select id, note from ledger order by id');
const read = { retry: 'read' } as const;
const never = { retry: 'never' } as const;

interface Tables {
  ledger: { id: number; note: string | null };
}

let pglite: PGlite;
let driver: Driver<unknown>;

beforeAll(async () => {
  pglite = await PGlite.create();
  driver = driverOf(pglite);
  await pglite.exec('create table ledger (id int primary key, note text)');
}, 120_000);

beforeEach(() => pglite.exec('truncate ledger'));

afterAll(() => pglite.close());

describe('on PGlite', () => {
  it('values are bound and read as on a server', async () => {
    await driver.start();
    const at = Date.UTC(2026, 10, 21, 15, 30, 0, 123);
    const [row] = await driver.run<Record<string, unknown>>(
      statement(
        `select $1::timestamptz as t, $2::bytea as b, $3::bigint as i8, $4::text[] as arr, ($5::bytea[])[2] as b2, $6::jsonb ->> 'a' as j, $7::boolean as yes, $8::inet::text as ip`,
      ),
      [
        timestampValue(at),
        Buffer.from([0, 255]),
        7,
        ['a', 'b'],
        [new Uint8Array([1]), new Uint8Array([2, 255])],
        '{"a":"x"}',
        true,
        null,
      ],
      read,
    );
    expect(readMs(row?.['t'])).toBe(at);
    expect([...readBytes(row?.['b'])]).toEqual([0, 255]);
    expect([...readBytes(row?.['b2'])]).toEqual([2, 255]);
    expect(readInt(row?.['i8'])).toBe(7);
    expect(readTextArray(row?.['arr'])).toEqual(['a', 'b']);
    expect(row).toMatchObject({ j: 'x', yes: true, ip: null });
  });

  it('arrays may hold nulls', async () => {
    const rows = await driver.run(
      statement('select * from unnest($1::uuid[], $2::bytea[], $3::text[]) as t (a, b, c)'),
      [
        ['00000000-0000-7000-8000-000000000001', null],
        [null, Buffer.from([1])],
        [null, ''],
      ],
      read,
    );
    expect(rows).toMatchObject([
      { a: '00000000-0000-7000-8000-000000000001', b: null, c: null },
      { a: null, c: '' },
    ]);
  });

  it('a violated constraint is a result, a mistake is thrown as it is', async () => {
    await driver.run(insert, [1, 'a'], never);
    await expect(driver.run(insert, [1, 'a'], never)).rejects.toMatchObject({
      code: '23505',
      constraint: 'ledger_pkey',
    });
    await expect(driver.run(insert, [1, 'a'], never)).rejects.toBeInstanceOf(DatabaseConflict);
    await expect(driver.run(statement('select nothing'), [], read)).rejects.toMatchObject({ code: '42703' });
  });

  it("a transaction holds the one connection, gives the caller's Kysely, and rolls back what throws", async () => {
    const outside: Promise<unknown>[] = [];
    const updated = await driverOf<Tables>(pglite).transaction(async (runner, tx) => {
      await runner.run(insert, [1, 'a'], never);
      await tx.insertInto('ledger').values({ id: 2, note: 'b' }).execute();
      return tx.updateTable('ledger').set({ note: 'c' }).executeTakeFirst();
    });
    expect(updated.numUpdatedRows).toBe(2n);
    const error = new Error('no');
    const unit = driver.transaction(async (runner) => {
      await runner.run(insert, [3, 'c'], never);
      throw error;
    });
    outside.push(driver.run(insert, [4, 'waits its turn'], never));
    await expect(unit).rejects.toBe(error);
    await Promise.all(outside);
    const rows = await driver.run<{ id: number }>(all, [], read);
    expect(rows.map((row) => row.id)).toEqual([1, 2, 4]);
  });

  it('asking the store inside a transaction would wait for itself: it is refused with the reason', async () => {
    const unit = driver.transaction(async () => {
      await driver.run(all, [], read);
    });
    await expect(unit).rejects.toThrow(/one connection/);
    await expect(driver.transaction(() => driver.transaction(async () => {}))).rejects.toThrow(/one connection/);
  });

  it('a swallowed error is reported, unless a savepoint has saved the transaction', async () => {
    const swallowing = driver.transaction(async (runner) => {
      await runner.run(insert, [1, 'a'], never);
      await runner.run(statement('select nothing'), [], read).catch(() => {});
    });
    await expect(swallowing).rejects.toBeInstanceOf(TransactionAbortedError);
    expect(await driver.run(all, [], read)).toEqual([]);

    await driverOf<Tables>(pglite).transaction(async (runner, tx) => {
      await sql`savepoint here`.execute(tx);
      await runner.run(statement('select nothing'), [], read).catch(() => {});
      await sql`rollback to savepoint here`.execute(tx);
      await runner.run(insert, [1, 'a'], never);
    });
    expect(await driver.run(all, [], read)).toEqual([{ id: 1, note: 'a' }]);
  });

  it('who waits longer than its time is told so', async () => {
    const gate = Promise.withResolvers<void>();
    const holder = driver.transaction(() => gate.promise);
    await expect(driver.run(all, [], { retry: 'read', withinMs: 50 })).rejects.toBeInstanceOf(StoreUnavailableError);
    gate.resolve();
    await holder;
  });
});
