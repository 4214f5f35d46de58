import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { doomedPool } from '../../../../tests/support/doomed-pool.ts';
import { type OwnDatabase, ownDatabase } from '../../../../tests/support/own-database.ts';
import { openPglite, type PgliteHandle } from '../pglite/open-pglite.ts';
import { postgresStores } from '../postgres-stores.ts';
import { allMigrations } from './all-migrations.ts';
import { createMigrations } from './create-migrations.ts';

const names = allMigrations.map(({ name }) => name);
const newest = names.at(-1);

describe('PostgreSQL', () => {
  let database: OwnDatabase;
  beforeEach(async () => {
    database = await ownDatabase(inject('postgresUrl'));
  });
  afterEach(() => database.drop());

  test('a fresh database is brought up to date, a second time changes nothing', async () => {
    const migrations = createMigrations(database.pool());
    expect(await migrations.check()).toMatchObject({
      isCurrent: false,
      version: null,
      expected: newest,
      pending: names,
    });
    expect(await migrations.up()).toEqual(names);
    expect(await migrations.up()).toEqual([]);
    expect(await migrations.check()).toMatchObject({ isCurrent: true, version: newest, pending: [] });
    expect(await migrations.plan()).toBe('');
  });

  test('of five processes at once one migrates, and all find the schema done', async () => {
    const done = await Promise.all(Array.from({ length: 5 }, () => createMigrations(database.pool()).up()));
    expect(done.filter((steps) => steps.length > 0)).toEqual([names]);
  });

  test('the plan is a script that leads to what up leads to', async () => {
    const pool = database.pool();
    const planned = createMigrations(pool, { schema: 'planned' });
    await pool.query(await planned.plan());
    expect((await planned.check()).isCurrent).toBe(true);
    await createMigrations(pool, { schema: 'upped' }).up();
    const shape = async (schema: string) => {
      const { rows } = await pool.query(
        `select c.relname, c.relkind, c.reloptions, pg_get_indexdef(c.oid) as index, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
         from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
         where c.relnamespace = to_regnamespace($1) order by 1, a.attnum`,
        [schema],
      );
      return JSON.stringify(rows).replaceAll(`${schema}.`, '');
    };
    expect(await shape('planned')).toBe(await shape('upped'));
  });

  test('a role that may not make schemas migrates into one that it was given', async () => {
    const pool = database.pool();
    const role = `deployer_${Math.random().toString(36).slice(2)}`;
    await pool.query(`create role ${role} login`);
    await pool.query(`create schema given authorization ${role}`);
    const url = new URL(database.url);
    url.username = role;
    const own = doomedPool({ connectionString: url.href });
    expect(await createMigrations(own, { schema: 'given' }).up()).toEqual(names);
    await expect(createMigrations(own, { schema: 'another' }).up()).rejects.toThrow(/permission denied/);
    await own.end();
    await pool.query('drop schema given cascade');
    await pool.query(`drop role ${role}`);
  });

  test('a step that fails leaves nothing behind', async () => {
    const pool = database.pool();
    await pool.query('create schema castellan');
    await pool.query('create table castellan.mail (id int)');
    await expect(createMigrations(pool).up()).rejects.toThrow(/already exists/);
    const { rows } = await pool.query(`select relname from pg_class where relnamespace = 'castellan'::regnamespace`);
    expect(rows).toEqual([{ relname: 'mail' }]);
  });

  test('the app’s own migration tables, and everything outside of the schema, stay as they are', async () => {
    const pool = database.pool();
    await pool.query('create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)');
    await createMigrations(pool, { schema: 'ours' }).up();
    const { rows } = await pool.query(
      `select n.nspname, count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and c.relkind = 'r' group by 1 order by 1`,
    );
    expect(rows.find(({ nspname }) => nspname === 'public')).toEqual({ nspname: 'public', count: 1 });
  });

  test('a step of a newer release does no harm to this one', async () => {
    const pool = database.pool();
    const migrations = createMigrations(pool);
    await migrations.up();
    await pool.query(`insert into castellan.migration (name) values ('9999_later')`);
    expect((await migrations.check()).isCurrent).toBe(true);
    expect(await migrations.up()).toEqual([]);
  });

  test('a start on a schema that is behind says what to run', async () => {
    const stores = postgresStores(database.pool(), { schema: 'elsewhere' });
    await expect(stores.postgres.start()).rejects.toThrow(
      'schema "elsewhere" is at no version, this release needs ' +
        `${newest}: run \`npx castellan-postgres migrate --schema elsewhere\``,
    );
  });

  test('a failed deployment keeps no lock', async () => {
    const pool = database.pool();
    await createMigrations(pool).up();
    await pool.query(`delete from castellan.migration where name = $1`, [names[1]]);
    await expect(createMigrations(pool).up()).rejects.toThrow(/already exists/);
    // of this database: the server is shared with files that run at the same time
    const { rows } = await pool.query(
      `select count(*)::int as locks from pg_locks l join pg_database d on d.oid = l.database
       where l.locktype = 'advisory' and d.datname = current_database()`,
    );
    expect(rows).toEqual([{ locks: 0 }]);
  });

  test.runIf(hasPsql())('psql runs the plan as it is', async () => {
    const migrations = createMigrations(database.pool(), { schema: 'By "hand"' });
    execFileSync('psql', ['-q', '-v', 'ON_ERROR_STOP=1', database.url], {
      input: await migrations.plan(),
      stdio: 'pipe',
    });
    expect((await migrations.check()).isCurrent).toBe(true);
  });
});

describe('PGlite', () => {
  let pglite: PgliteHandle;
  beforeAll(async () => {
    pglite = await openPglite();
  });
  afterAll(() => pglite.close());

  test('the same steps, at once and again', async () => {
    const migrations = createMigrations(pglite);
    expect((await Promise.all([migrations.up(), migrations.up()])).flat()).toEqual(names);
    expect((await migrations.check()).isCurrent).toBe(true);
  });
});

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
