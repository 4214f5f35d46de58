import type { CreateAccountCall } from '@castellan/core/accounts';
import { isUuid, noOrigin, uuidv7Generator } from '@castellan/core/kernel';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import type { PostgresClient } from './driver/driver-of.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { openPglite, type PgliteHandle } from './pglite/open-pglite.ts';
import { postgresStores } from './postgres-stores.ts';

interface Schema {
  welcome: { account: string };
}

const makeId = uuidv7Generator();
const bytes = (fill: number) => new Uint8Array(32).fill(fill);
const createCall = (emailKey: string): CreateAccountCall => ({
  id: makeId(),
  tenant: '',
  email: emailKey,
  emailKey,
  passwordHash: '$argon2id$x',
  displayName: null,
  tier: null,
  session: {
    sessionId: makeId(),
    leaf: { kid: 1, hash: bytes(1) },
    transport: 'bearer',
    aal: 1,
    amr: ['pwd'],
    idleMs: 60_000,
    absoluteMs: 600_000,
    origin: noOrigin,
  },
  audit: { id: makeId(), origin: noOrigin },
});

let database: OwnDatabase;
let pool: pg.Pool;
let kysely: Kysely<Schema>;
let pglite: PgliteHandle;

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool();
  kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: database.pool() }) });
  pglite = await openPglite();
  await createMigrations(kysely).up();
  await createMigrations(pglite).up();
  await pool.query('create table welcome (account text primary key)');
  await pglite.query('create table welcome (account text primary key)');
});
afterAll(async () => {
  await pglite.close();
  await database.drop();
});

describe.each<[string, () => PostgresClient<Schema>]>([
  ['pg.Pool', () => pool],
  ['Kysely', () => kysely],
  ['PGlite', () => pglite],
  ['Kysely on PGlite', () => pglite.kysely<Schema>()],
])('%s', (form, client) => {
  test('the start checks server and schema, and the health check answers', async () => {
    const { postgres } = postgresStores(client());
    await postgres.start();
    await postgres.health();
    await postgres.stop();
  });

  test('the caller’s own writes stand and fall with the account', async () => {
    const { accounts } = postgresStores(client());
    const welcome = async (account: { id: string }, tx: Transaction<Schema>): Promise<void> => {
      await tx.insertInto('welcome').values({ account: account.id }).execute();
    };
    const kept = createCall(`kept@${form}`);
    expect(await accounts.create(kept, welcome)).toMatchObject({ outcome: 'created', account: { id: kept.id } });

    const undone = createCall(`undone@${form}`);
    const refusal = new Error('no');
    await expect(
      accounts.create(undone, async (account, tx) => {
        await welcome(account, tx);
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(await accounts.credentialByEmail('', undone.emailKey)).toBeUndefined();

    const seen = form.includes('PGlite') ? pglite.kysely<Schema>() : kysely;
    const rows = await seen.selectFrom('welcome').selectAll().where('account', 'in', [kept.id, undone.id]).execute();
    expect(rows).toEqual([{ account: kept.id }]);
    expect(await accounts.create(createCall(undone.emailKey))).toMatchObject({ outcome: 'created' });
  });

  test('a repeated creation is recognised as the same, and the caller’s writes are not repeated', async () => {
    const { accounts } = postgresStores(client());
    const call = createCall(`again@${form}`);
    let written = 0;
    const count = async (): Promise<void> => {
      written++;
    };
    const first = await accounts.create(call, count);
    const second = await accounts.create(call, count);
    expect(second).toMatchObject({
      ...first,
      session: { ...('session' in first ? first.session : {}), now: expect.any(Number) },
    });
    expect(written).toBe(1);
    expect(await accounts.create({ ...createCall(call.emailKey), session: call.session }, count)).toEqual({
      outcome: 'email_taken',
    });
  });

  test('an id that is no UUID is unknown everywhere', async () => {
    const { sessions, accounts, revocations } = postgresStores(client());
    const audit = { id: makeId(), origin: noOrigin };
    expect(isUuid('42')).toBe(false);
    expect(await accounts.read('', '42')).toBeUndefined();
    const revoke = { tenant: '', owner: null, transport: null, action: 'user.logout', audit } as const;
    expect(await sessions.revoke({ ...revoke, sessionId: '42' })).toEqual({ outcome: 'not_found' });
    expect(await revocations.check({ tenant: '', subject: 'a', sessionId: '42', jti: 'x' })).toEqual({
      outcome: 'unknown',
    });
  });
});

test('inside a caller’s transaction the verbs stand and fall with it', async () => {
  const call = createCall('inside@tx');
  await expect(
    kysely.transaction().execute(async (tx) => {
      const { accounts, sessions, postgres } = postgresStores(tx);
      await postgres.start();
      expect(await accounts.create(call)).toMatchObject({ outcome: 'created' });
      expect((await sessions.list({ tenant: '', subject: call.id, page: 1, pageSize: 10 })).total).toBe(1);
      throw new Error('undo');
    }),
  ).rejects.toThrow('undo');
  expect(await postgresStores(kysely).accounts.read('', call.id)).toBeUndefined();

  await kysely.transaction().execute((tx) => postgresStores(tx).accounts.create(call));
  expect(await postgresStores(kysely).accounts.read('', call.id)).toMatchObject({ id: call.id });
});

test('a default isolation above READ COMMITTED is refused at the start, with what to change', async () => {
  for (const level of ['repeatable read', 'serializable']) {
    const strict = database.pool({ options: `-c default_transaction_isolation=${level.replaceAll(' ', '\\ ')}` });
    await expect(postgresStores(strict).postgres.start()).rejects.toThrow(/READ COMMITTED|read committed/);
  }
});

test('what is no client is refused, by what it lacks', () => {
  for (const client of [{}, { query() {} }, new Map()])
    expect(() => postgresStores(client as unknown as pg.Pool)).toThrow(TypeError);
  expect(() => postgresStores(pool, { schema: '' })).toThrow(/options\.schema/);
});

test('two schemas in one database know nothing of each other', async () => {
  await createMigrations(pool, { schema: 'Other one' }).up();
  const other = postgresStores(pool, { schema: 'Other one' });
  const call = createCall('both@schemas');
  await other.accounts.create(call);
  expect(await postgresStores(pool).accounts.read('', call.id)).toBeUndefined();
  expect(await other.accounts.create(call)).toMatchObject({ outcome: 'created' });
});
