import { randomBytes, uuidv7Generator } from '@castellan/core/kernel';
import type { IssuedSession, RefreshCall, StartCall } from '@castellan/core/sessions';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { doomedPool } from '../../../tests/support/doomed-pool.ts';
import { type FaultProxy, startFaultProxy } from '../../../tests/support/fault-proxy.ts';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { type PostgresStores, postgresStores } from './postgres-stores.ts';

let database: OwnDatabase;
let direct: pg.Pool;
const makeId = uuidv7Generator();

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  direct = database.pool({ max: 2 });
  await createMigrations(direct).up();
});
afterAll(() => database.drop());

const forms = {
  'a pool': (pool: pg.Pool) => postgresStores(pool, { batching: 'batch' }),
  Kysely: (pool: pg.Pool) =>
    postgresStores(new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }), { batching: 'batch' }),
};

describe.each(['a pool', 'Kysely'] as const)('over %s', (form) => {
  let proxy: FaultProxy;
  let stores: PostgresStores;
  let subject: string;
  let agent: string;

  beforeEach(async () => {
    proxy = await startFaultProxy(Number(new URL(database.url).port));
    const pool = doomedPool({ connectionString: proxy.through(database.url), max: 4 });
    stores = forms[form](pool);
    subject = makeId();
    agent = `agent-${makeId()}`;
    await stores.subjects.put({ tenant: '', id: subject, tier: null, actor: null, audit: stamp('setup') });
    return async () => {
      await pool.end();
      await proxy.stop();
    };
  });

  const stamp = (userAgent: string) => ({ id: makeId(), origin: { ip: null, userAgent, requestId: null } });
  const startCall = (userAgent: string): StartCall => ({
    sessionId: makeId(),
    tenant: '',
    subject,
    authEpoch: 0,
    leaf: { kid: 1, hash: randomBytes(32) },
    transport: 'bearer',
    aal: 1,
    amr: ['pwd'],
    idleMs: 60_000,
    absoluteMs: 60_000,
    origin: stamp(userAgent).origin,
    audit: stamp(userAgent),
  });
  const start = async (): Promise<IssuedSession> => {
    const answer = await stores.sessions.start(startCall('setup'));
    if (answer.outcome !== 'started') throw new Error(answer.outcome);
    return answer.session;
  };
  const refreshCall = (held: IssuedSession): RefreshCall => ({
    tenant: '',
    sessionId: held.sessionId,
    transport: 'bearer',
    generation: held.generation,
    hash: held.leaf.hash,
    successor: { kid: 1, hash: randomBytes(32), nonce: randomBytes(32) },
    attemptHash: null,
    jkt: null,
    graceMs: 10_000,
    reissueMs: null,
    idleMs: [60_000, 60_000, 60_000],
    budgetMs: 4_000,
    origin: stamp(agent).origin,
    audit: { ...stamp(agent), ordinary: true },
  });
  const rows = async (): Promise<readonly { id: string; at: Date; action: string }[]> =>
    (await direct.query('select id, at, action from castellan.audit_event where user_agent = $1 order by id', [agent]))
      .rows;
  const sorted = (ids: readonly string[]): readonly string[] => [...ids].sort();

  test('a flight of many refreshes: each is answered with its own pair, as of the moment at which it rotated', async () => {
    const held = await Promise.all(Array.from({ length: 40 }, start));
    const calls = held.map(refreshCall);
    proxy.loseAnswerTo(agent);
    const answers = await Promise.all(calls.map((call) => stores.sessions.refresh(call)));
    await proxy.lost;
    const trail = new Map((await rows()).map((row) => [row.id, row]));
    expect(trail.size).toBe(calls.length);
    expect(await rows()).toHaveLength(calls.length);
    answers.forEach((answer, i) => {
      const call = calls[i];
      if (answer.outcome !== 'rotate' || !call) throw new Error(answer.outcome);
      const { session } = answer;
      expect([session.sessionId, session.generation]).toEqual([call.sessionId, 1]);
      expect(Buffer.compare(session.leaf.hash, call.successor.hash)).toBe(0);
      expect(session.now).toBe(trail.get(call.audit.id)?.at.getTime());
    });
  });

  test('a flight of many sign-ins: each is made once', async () => {
    const calls = Array.from({ length: 40 }, () => startCall(agent));
    proxy.loseAnswerTo(agent);
    const answers = await Promise.all(calls.map((call) => stores.sessions.start(call)));
    await proxy.lost;
    expect(answers.map((answer) => (answer.outcome === 'started' ? answer.session.sessionId : null))).toEqual(
      calls.map(({ sessionId }) => sessionId),
    );
    expect((await rows()).map(({ id }) => id)).toEqual(sorted(calls.map(({ audit }) => audit?.id ?? '')));
  });

  test('a flight of many entries: each is there once', async () => {
    const entries = Array.from({ length: 40 }, () => ({
      ...stamp(agent),
      tenant: '',
      actor: null,
      action: 'test.done',
      targetKind: null,
      target: null,
      outcome: 'success' as const,
      meta: null,
    }));
    proxy.loseAnswerTo(agent);
    await Promise.all(entries.map((entry) => stores.audit.append([entry])));
    await proxy.lost;
    expect((await rows()).map(({ id }) => id)).toEqual(sorted(entries.map(({ id }) => id)));
  });

  test('entries of which some were there before are all there afterwards', async () => {
    const entry = { tenant: '', actor: null, action: 'test.done', targetKind: null, target: null, meta: null };
    const at = Date.now();
    const old = { ...stamp(agent), ...entry, at, outcome: 'success' as const };
    const added = { ...stamp(agent), ...entry, at, outcome: 'success' as const };
    await stores.audit.append([old]);
    proxy.loseAnswerTo(agent);
    await stores.audit.append([old, added]);
    await proxy.lost;
    expect((await rows()).map(({ id }) => id)).toEqual(sorted([old.id, added.id]));
  });

  test('revokeOthers: the very sessions that it ended, newest first, and nobody else’s', async () => {
    const keep = await start();
    const others = [await start(), await start(), await start()];
    const call = { tenant: '', subject, keep: keep.sessionId, audit: stamp(agent) };
    proxy.loseAnswerTo(agent);
    const answer = await stores.sessions.revokeOthers(call);
    await proxy.lost;
    const [row] = await rows();
    expect(answer).toEqual({
      revoked: others.map(({ sessionId }) => sessionId).reverse(),
      now: row?.at.getTime(),
    });
    expect(await stores.sessions.revokeOthers({ ...call, audit: stamp('later') })).toMatchObject({ revoked: [] });
  });

  test('revokeOthers with nobody else to end: none, and one entry', async () => {
    const keep = await start();
    proxy.loseAnswerTo(agent);
    const call = { tenant: '', subject, keep: keep.sessionId, audit: stamp(agent) };
    expect(await stores.sessions.revokeOthers(call)).toMatchObject({ revoked: [] });
    await proxy.lost;
    expect(await rows()).toHaveLength(1);
  });

  test('a change of a subject: that it was changed, and when', async () => {
    proxy.loseAnswerTo(agent);
    const answer = await stores.subjects.disable({ tenant: '', id: subject, actor: null, audit: stamp(agent) });
    await proxy.lost;
    const [row] = await rows();
    expect(answer).toMatchObject({ outcome: 'done', changed: true, now: row?.at.getTime(), subject: { authEpoch: 1 } });
  });

  test('what changes nothing says so, also when it is asked twice', async () => {
    await stores.subjects.disable({ tenant: '', id: subject, actor: null, audit: stamp('setup') });
    proxy.loseAnswerTo(agent);
    const answer = await stores.subjects.disable({ tenant: '', id: subject, actor: null, audit: stamp(agent) });
    await proxy.lost;
    expect(answer).toMatchObject({ outcome: 'done', changed: false });
    expect(await rows()).toEqual([]);
  });
});
