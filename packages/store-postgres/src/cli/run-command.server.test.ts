import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { noOrigin, uuidv7Generator } from '@castellan/core/kernel';
import { createPeppers } from '@castellan/core/sessions';
import { createKeyring } from '@castellan/core/tokens';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../../tests/support/own-database.ts';
import { createMigrations } from '../migrations/create-migrations.ts';
import { postgresStores } from '../postgres-stores.ts';
import { runCommand } from './run-command.ts';

const makeId = uuidv7Generator();
let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
});
afterAll(() => database.drop());

async function run(argv: readonly string[], env: Record<string, string> = {}) {
  let out = '';
  let err = '';
  const code = await runCommand(argv, {
    env,
    print: (text) => {
      out += text;
    },
    complain: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

test('check, plan, migrate, and check again, with the database from the environment', async () => {
  const env = { DATABASE_URL: database.url };
  expect(await run(['check'], env)).toMatchObject({
    code: 1,
    err: expect.stringContaining('run `npx castellan-postgres migrate`'),
  });
  expect(await run(['plan'], env)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^begin;[\s\S]*create table "castellan"\.session[\s\S]*commit;\n$/),
  });
  expect(await run(['migrate'], env)).toMatchObject({ code: 0, out: expect.stringContaining('0002_audit: done') });
  expect(await run(['check'], env)).toMatchObject({ code: 0, out: expect.stringContaining('nothing to do') });
  expect(await run(['plan'], env)).toMatchObject({ code: 0, out: '-- nothing to do\n' });
  expect(await run(['migrate'], env)).toMatchObject({ code: 0, out: expect.not.stringContaining('done') });
  expect(await run(['check', '--schema', 'other', '--url', database.url])).toMatchObject({ code: 1 });
});

test('restored ends every session of before, also for processes that still run', async () => {
  const pool = database.pool();
  await createMigrations(pool).up();
  const { subjects, sessions, revocations } = postgresStores(pool);
  const stamp = () => ({ id: makeId(), origin: noOrigin });
  await subjects.put({ tenant: '', id: 'a', tier: null, actor: null, audit: stamp() });
  const sessionId = makeId();
  const leaf = { kid: 1, hash: new Uint8Array(32) };
  const lives = {
    transport: 'bearer',
    aal: 1,
    amr: [],
    idleMs: 60_000,
    absoluteMs: 600_000,
    origin: noOrigin,
  } as const;
  await sessions.start({ tenant: '', subject: 'a', authEpoch: null, sessionId, leaf, ...lives, audit: null });
  const { cursor } = await revocations.poll(null);

  expect(await run(['restored', '--url', database.url])).toMatchObject({
    code: 0,
    out: expect.stringContaining('1 subjects'),
  });

  const use = {
    tenant: '',
    subject: 'a',
    sessionId,
    generation: 0,
    leafPrefix: new Uint8Array(8),
    userEpoch: 0,
    audit: stamp(),
  };
  expect(await sessions.use(use)).toMatchObject({ outcome: 'revoked' });
  const { entries } = await revocations.poll(cursor);
  expect(entries).toMatchObject([{ kind: 'auth_epoch', key: 'a', epoch: (await subjects.read('', 'a'))?.authEpoch }]);
});

test('keys prints what the library takes: a key set, a pepper', async () => {
  for (const alg of ['EdDSA', 'ES256', 'HS256']) {
    const { code, out } = await run(['keys', '--alg', alg]);
    expect(code).toBe(0);
    await createKeyring(out.trim());
  }
  const { out } = await run(['keys', '--peppers', '--id', '7']);
  expect(createPeppers(out.trim()).active.id).toBe(7);
  expect((await run(['keys', '--peppers'])).out).not.toBe((await run(['keys', '--peppers'])).out);
});

test('a mistake in the command is told in one line, with exit code 2', async () => {
  const mistakes: [string[], RegExp][] = [
    [[], /which command/],
    [['upgrade'], /no command upgrade/],
    [['migrate', 'check'], /one command at a time/],
    [['migrate'], /DATABASE_URL/],
    [['migrate', '--uri', 'x'], /--uri/],
    [['keys', '--alg', 'none'], /--alg must be one of/],
    [['keys', '--peppers', '--id', '256'], /--id must be 0–255/],
  ];
  for (const [argv, message] of mistakes) {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toContain('--help');
  }
  expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('restored') });
});

test('a database that is away, or refuses, is told as such, and no password is shown', async () => {
  const away = await run(['check', '--url', 'postgres://me:secret@127.0.0.1:1/x']);
  expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/does not answer: .*ECONNREFUSED/) });
  expect(away.err).not.toContain('secret');
  const missing = new URL(database.url);
  missing.pathname = '/no_such_database';
  expect(await run(['migrate', '--url', missing.href])).toMatchObject({
    code: 1,
    err: expect.stringContaining('no_such_database'),
  });
  expect(await run(['check', '--url', database.url, '--schema', 'pg_x'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('options.schema'),
  });
});

test('the command itself, as a process', { timeout: 60_000 }, async () => {
  const main = join(import.meta.dirname, 'castellan-postgres.ts');
  const flags = ['--conditions=@castellan/source', '--experimental-strip-types', '--no-warnings', main];
  const started = promisify(execFile)(process.execPath, [...flags, 'check'], {
    env: { ...process.env, DATABASE_URL: database.url },
  });
  expect((await started).stdout).toContain('nothing to do');
  await expect(promisify(execFile)(process.execPath, [...flags, 'nonsense'])).rejects.toMatchObject({ code: 2 });
});
