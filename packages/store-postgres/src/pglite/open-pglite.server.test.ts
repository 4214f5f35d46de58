import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPglite, type PgliteHandle } from './open-pglite.ts';
import { ownIdentity } from './process-identity.ts';

const base = mkdtempSync(join(tmpdir(), 'castellan-pglite-'));
const module = join(import.meta.dirname, 'open-pglite.ts');
const children: ChildProcess[] = [];
let count = 0;
const freshFolder = (): string => join(base, `${++count}`, 'database');
/** With a database in it: copied, for making one takes seconds. */
const madeFolder = (): string => {
  const folder = freshFolder();
  cpSync(join(base, 'made'), folder, { recursive: true });
  return folder;
};

beforeAll(async () => (await openPglite({ folder: join(base, 'made') })).close(), 120_000);

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Another process that opens the folder, carries out `body` with the handle, and tells lines. */
function otherProcess(
  folder: string,
  body: string,
): { child: ChildProcess; line(): Promise<string>; exited: Promise<void> } {
  const script = `import { openPglite } from ${JSON.stringify(module)};
const say = (line) => process.stdout.write(line + '\\n');
const pglite = await openPglite({ folder: ${JSON.stringify(folder)} });
say('open');
${body}`;
  const child = spawn(
    process.execPath,
    [
      '--conditions=@castellan/source',
      '--experimental-strip-types',
      '--no-warnings',
      '--input-type=module-typescript',
      '-e',
      script,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => String((await lines.next()).value),
    exited: new Promise((resolve) => child.once('exit', () => resolve())),
  };
}

describe('one folder', () => {
  test('a second process is refused, with a message that names the first and says why', {
    timeout: 120_000,
  }, async () => {
    const folder = madeFolder();
    const other = otherProcess(folder, 'setInterval(() => {}, 1000);');
    expect(await other.line()).toBe('open');
    const refused = openPglite({ folder, lockWaitMs: 200 });
    await expect(refused).rejects.toThrow(`${folder} is in use by process ${other.child.pid}`);
    await expect(refused).rejects.toThrow(/destroy each other’s data/);
  });

  test('the lock of a killed process is taken over, and what it had confirmed is there', {
    timeout: 120_000,
  }, async () => {
    const folder = madeFolder();
    const other = otherProcess(
      folder,
      `await pglite.query('create table t (id int primary key)');
for (let id = 1; ; id++) {
  await pglite.query('insert into t values ($1)', [id]);
  say(String(id));
}`,
    );
    expect(await other.line()).toBe('open');
    let confirmed = 0;
    while (confirmed < 300) confirmed = Number(await other.line());
    other.child.kill('SIGKILL');
    await other.exited;
    expect(existsSync(`${folder}.lock`)).toBe(true);
    await using pglite = await openPglite({ folder });
    const { rows } = await pglite.query<{ n: number }>('select count(*)::int as n from t where id <= $1', [confirmed]);
    expect(rows).toEqual([{ n: confirmed }]);
  });

  test('a process that is about to leave is waited for', { timeout: 120_000 }, async () => {
    const folder = madeFolder();
    const other = otherProcess(folder, 'setTimeout(() => pglite.close(), 700);');
    expect(await other.line()).toBe('open');
    await (await openPglite({ folder, lockWaitMs: 30_000 })).close();
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  test('a process that ends without closing leaves no lock', { timeout: 120_000 }, async () => {
    const folder = madeFolder();
    const other = otherProcess(folder, 'process.exit(0);');
    await other.exited;
    expect(existsSync(folder)).toBe(true);
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  test('in one process too: the second handle is refused, a close makes room', { timeout: 120_000 }, async () => {
    const folder = madeFolder();
    const first = await openPglite({ folder });
    await expect(openPglite({ folder, lockWaitMs: 0 })).rejects.toThrow(/this very process/);
    await first.close();
    await first.close();
    await expect(first.query('select 1')).rejects.toThrow(/closed/);
    await (await openPglite({ folder, lockWaitMs: 0 })).close();
  });

  test('a process id that has come again is another process', { timeout: 120_000 }, async () => {
    const folder = madeFolder();
    const own = ownIdentity();
    if (own.started === null) return; // the machine does not tell when processes began
    writeFileSync(`${folder}.lock`, JSON.stringify({ ...own, started: '1', nonce: 'of a dead one' }));
    await (await openPglite({ folder, lockWaitMs: 0 })).close();
  });

  test('a holder on another machine is not held for dead before it has been silent for long', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, '..'), { recursive: true });
    writeFileSync(`${folder}.lock`, JSON.stringify({ ...ownIdentity(), host: 'elsewhere', pid: 1, nonce: 'x' }));
    await expect(openPglite({ folder, lockWaitMs: 0 })).rejects.toThrow(/process 1 on elsewhere/);
    expect(readFileSync(`${folder}.lock`, 'utf8')).toContain('elsewhere');
  });

  test('a database whose making was cut short is made anew', { timeout: 120_000 }, async () => {
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'half'), '');
    writeFileSync(`${folder}.making`, '');
    await using pglite = await openPglite({ folder });
    expect((await pglite.query('select 1 as a')).rows).toEqual([{ a: 1 }]);
  });

  test('a folder with something else in it is left alone', async () => {
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'thesis.txt'), 'mine');
    await expect(openPglite({ folder })).rejects.toThrow(/not empty and holds no database/);
    expect(readFileSync(join(folder, 'thesis.txt'), 'utf8')).toBe('mine');
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });
});

describe('one connection', () => {
  let pglite: PgliteHandle;
  beforeAll(async () => {
    pglite = await openPglite();
    await pglite.query('create table counter (id int primary key, n int not null)');
    await pglite.query('insert into counter values (1, 0)');
  });
  afterAll(() => pglite.close());

  test('timers fire while queries are awaited in a row', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const end = performance.now() + 300;
    while (performance.now() < end) await pglite.query('select $1::int', [1]);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  test('a transaction has the database for itself: nobody’s statement gets in between', async () => {
    const add = () =>
      pglite.transaction(async (tx) => {
        const { rows } = await tx.query<{ n: number }>('select n from counter where id = 1');
        await new Promise((resolve) => setTimeout(resolve, 1));
        await tx.query('update counter set n = $1 where id = 1', [(rows[0]?.n ?? 0) + 1]);
      });
    await Promise.all([
      ...Array.from({ length: 20 }, add),
      pglite.query('update counter set n = n + 100 where id = 1'),
    ]);
    expect((await pglite.query('select n from counter')).rows).toEqual([{ n: 120 }]);
  });

  test('Kysely’s transactions, savepoints and single queries share the same turns', async () => {
    const db = pglite.kysely<{ counter: { id: number; n: number } }>();
    await db.insertInto('counter').values({ id: 2, n: 0 }).execute();
    const add = () =>
      db.transaction().execute(async (trx) => {
        const { n } = await trx.selectFrom('counter').select('n').where('id', '=', 2).executeTakeFirstOrThrow();
        await trx
          .updateTable('counter')
          .set({ n: n + 1 })
          .where('id', '=', 2)
          .execute();
      });
    await Promise.all([...Array.from({ length: 10 }, add), pglite.query('select 1'), add()]);
    const controlled = await db.startTransaction().execute();
    const inner = await controlled.savepoint('before').execute();
    await inner.updateTable('counter').set({ n: -1 }).where('id', '=', 2).execute();
    await (await inner.rollbackToSavepoint('before').execute()).commit().execute();
    expect(await db.selectFrom('counter').select('n').where('id', '=', 2).execute()).toEqual([{ n: 11 }]);
    const result = await db.updateTable('counter').set({ n: 0 }).executeTakeFirst();
    expect(result.numUpdatedRows).toBe(2n);
  });

  test('a throw rolls back and comes out as it is; a swallowed failure is not committed in silence', async () => {
    const mine = new Error('mine');
    await expect(
      pglite.transaction(async (tx) => {
        await tx.query('update counter set n = 7');
        throw mine;
      }),
    ).rejects.toBe(mine);
    await expect(
      pglite.transaction(async (tx) => {
        await tx.query('update counter set n = 8');
        await tx.query('select no_such_column').catch(() => {});
      }),
    ).rejects.toThrow(/rolled back/);
    expect((await pglite.query('select distinct n from counter where n in (7, 8)')).rows).toEqual([]);
  });

  test('a BEGIN of its own, which would take in everybody’s statements, is refused', async () => {
    await expect(pglite.query('begin')).rejects.toThrow(TypeError);
    expect((await pglite.query('select 1 as a')).rows).toEqual([{ a: 1 }]);
  });

  test('errors carry what pg’s carry', async () => {
    await expect(pglite.query('insert into counter values ($1, 0)', [1])).rejects.toMatchObject({
      code: '23505',
      constraint: 'counter_pkey',
      table: 'counter',
      severity: 'ERROR',
    });
    await expect(pglite.query('insert into counter values ($1, 0)', [1])).rejects.toMatchObject({ code: '23505' });
  });

  test('a column that is added below a prepared statement is there in the next answer', async () => {
    await pglite.query('create table grows (a int)');
    await pglite.query('insert into grows values (1)');
    const ask = () => pglite.query('select * from grows where a = $1', [1]);
    expect((await ask()).rows).toEqual([{ a: 1 }]);
    await pglite.query('alter table grows add b int default 2');
    expect((await ask()).rows).toEqual([{ a: 1, b: 2 }]);
  });

  test('values come back as pg gives them', async () => {
    const { rows } = await pglite.query(
      `select 1::int2 as small, 2::bigint as big, 1.5::numeric as num, true as yes, null::text as nothing, '{a,"b c"}'::text[] as list,
         '\\x01ff'::bytea as bytes, '{"a":1}'::jsonb as json, '2026-01-02T03:04:05.678Z'::timestamptz as at, 'ü'::text as text`,
    );
    expect(rows).toEqual([
      {
        small: 1,
        big: '2',
        num: '1.5',
        yes: true,
        nothing: null,
        list: ['a', 'b c'],
        bytes: Buffer.from([1, 255]),
        json: { a: 1 },
        at: new Date('2026-01-02T03:04:05.678Z'),
        text: 'ü',
      },
    ]);
    expect((await sql<{ a: string }>`select ${'x'} as a`.execute(pglite.kysely())).rows).toEqual([{ a: 'x' }]);
  });
});
