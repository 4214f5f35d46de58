import type { RefreshCall } from '@castellan/core/sessions';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../../tests/support/own-database.ts';
import type { Statement } from '../driver/statement.ts';
import { createMigrations } from '../migrations/create-migrations.ts';
import { postgresStores } from '../postgres-stores.ts';
import { credentialByEmailStatement } from './account-read.ts';
import { auditRecallStatement } from './audit-append.ts';
import { auditQueryStatements } from './audit-query.ts';
import { quotedSchema } from './quoted-schema.ts';
import { revocationCheckStatement } from './revocation-check.ts';
import { revocationPollStatement } from './revocation-poll.ts';
import { listStatement } from './session-list.ts';
import { refreshStatement } from './session-refresh.ts';
import { refreshBatchStatement } from './session-refresh-batch.ts';
import { refreshBatchRecallStatement, refreshRecallStatement } from './session-refresh-recall.ts';
import { revokeOthersStatement } from './session-revoke-others.ts';
import { useStatement } from './session-use.ts';
import { useBatchStatement } from './session-use-batch.ts';
import { sweepStatements } from './sweep.ts';

const SESSIONS = 20_000;
const s = quotedSchema('castellan');
const sid = (i: number): string => `00000000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;
const zero = Buffer.alloc(32);

let database: OwnDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool({ max: 1 });
  await createMigrations(pool).up();
  await pool.query(`insert into castellan.subject (id) select 'subject-' || i from generate_series(1, 2000) i`);
  await pool.query(
    `insert into castellan.account (id, email, email_key, created_at, updated_at)
     select gen_random_uuid(), 'a' || i, 'a' || i, now(), now() from generate_series(1, 2000) i`,
  );
  await pool.query(
    `insert into castellan.session (id, subject, user_epoch, leaf_hash, leaf_kid, leaf_at, created_at, last_used_at, idle_expires_at, expires_at, auth_time)
     select ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'subject-' || (i % 2000 + 1), 0, decode(repeat('00', 32), 'hex'), 1,
       now(), now(), now() - interval '1 hour', now() + interval '14 days', now() + interval '30 days', now()
     from generate_series(1, ${SESSIONS}) i`,
  );
  await pool.query(
    `insert into castellan.audit_event (id, at, actor, action, target)
     select gen_random_uuid(), now() - i * interval '1 second', 'subject-' || (i % 50), case i % 3 when 0 then 'user.login' else 'user.refresh' end, 't' || i
     from generate_series(1, 20000) i`,
  );
  await pool.query(
    `insert into castellan.revocation (at, expires_at, kind, key) select now(), now() + interval '1 hour', 1, 'k' || i from generate_series(1, 5000) i`,
  );
  await pool.query('vacuum analyze');
});
afterAll(() => database.drop());

/** The plan that every later call gets: one for any values. */
async function genericPlan({ text }: Statement): Promise<string> {
  const parameters = new Set(text.match(/\$\d+/g)).size;
  const client = await pool.connect();
  try {
    await client.query('set plan_cache_mode = force_generic_plan');
    await client.query(`prepare asked as ${text}`);
    const list = parameters > 0 ? `(${Array.from({ length: parameters }, () => 'null').join()})` : '';
    const { rows } = await client.query(`explain (costs off) execute asked${list}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    await client.query('deallocate all; reset plan_cache_mode');
    client.release();
  }
}

const audit = auditQueryStatements(s);
const auditOf = (filters: object): Statement => audit({ tenant: '', limit: 10, ...filters }).statement;

test.each<[string, Statement, RegExp]>([
  ['refresh', refreshStatement(s), /Index Scan using session_pkey/],
  ['refresh, many', refreshBatchStatement(s), /Index Scan using session_pkey/],
  ['use', useStatement(s), /Index Scan using session_pkey/],
  ['use, many', useBatchStatement(s), /Index Scan using session_pkey/],
  ['revokeOthers', revokeOthersStatement(s), /session_live|session_subject/],
  ['list', listStatement(s), /Index Scan using session_live/],
  ['credential by e-mail', credentialByEmailStatement(s), /Index Scan using account_email/],
  ['strict check', revocationCheckStatement(s), /Index Scan using session_pkey/],
  ['audit', auditOf({}), /Index Scan using audit_event_default_tenant_at_id_idx/],
  [
    'audit of an actor',
    auditOf({ actor: 'a', hideRefreshesMs: 1 }),
    /Index Scan using audit_event_default_tenant_actor_at_id_idx/,
  ],
  ['audit of an action', auditOf({ action: 'a' }), /Index Scan using audit_event_default_tenant_action_at_id_idx/],
  ['refresh, repeated', refreshRecallStatement(s), /Index (Only )?Scan using audit_event_default_pkey/],
  ['refresh of many, repeated', refreshBatchRecallStatement(s), /Index (Only )?Scan using audit_event_default_pkey/],
  ['audit append, repeated', auditRecallStatement(s), /audit_event_default_pkey/],
  ['sweep of sessions', sweepStatements(s)[0] as Statement, /Index Scan using session_expires/],
])('%s goes by an index with a plan for any values', async (_, statement, index) => {
  const plan = await genericPlan(statement);
  expect(plan).toMatch(index);
  expect(plan).not.toMatch(/Seq Scan on (session|subject|account|revocation|audit_event)/);
});

test('a poll reads the news by their index, also after many polls', async () => {
  const client = await pool.connect();
  await client.query(`prepare poll as ${revocationPollStatement(s).text}`);
  const { rows: marks } = await client.query('select pg_snapshot_xmin(pg_current_snapshot())::text as horizon');
  const call = `execute poll('${marks[0]?.horizon}', '')`;
  for (let i = 0; i < 10; i++) await client.query(call);
  const { rows } = await client.query(`explain (costs off) ${call}`);
  client.release();
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/revocation_order/);
});

test('a repeated call looks for its audit row in this month and those that are made ahead', async () => {
  const month = (name: string, from: string, to: string) =>
    `create table castellan.${name} partition of castellan.audit_event for values from ('${from}') to ('${to}')`;
  await pool.query(month('audit_event_long_ago', '2001-01-01', '2001-02-01'));
  await pool.query(month('audit_event_far_away', '2101-01-01', '2101-02-01'));
  const plan = await genericPlan(refreshRecallStatement(s));
  await pool.query('drop table castellan.audit_event_long_ago, castellan.audit_event_far_away');
  expect(plan).toContain('Subplans Removed: 1');
  expect(plan).toContain('audit_event_far_away');
  expect(plan).not.toContain('audit_event_long_ago');
});

test('a query for the newest rows sorts nothing and reads no more than its page', async () => {
  for (const filters of [{}, { actor: 'a' }, { action: 'a' }])
    expect(await genericPlan(auditOf(filters))).not.toMatch(/Sort/);
});

test.each(['single', 'batch'] as const)('refreshes stay HOT: no index is touched (%s)', async (batching) => {
  const { sessions } = postgresStores(pool, { batching });
  const updates = async () => {
    await pool.query('select pg_stat_force_next_flush()');
    const { rows } = await pool.query(
      `select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables where schemaname = 'castellan' and relname = 'session'`,
    );
    return rows[0] as { all: number; hot: number };
  };
  const before = await updates();
  const from = batching === 'single' ? 1 : SESSIONS / 2;
  // each of the single ones waits for a connection, two seconds at most
  const atOnce = batching === 'single' ? 40 : 400;
  for (let done = 0; done < 400; done += atOnce) {
    const outcomes = await Promise.all(
      Array.from({ length: atOnce }, (_, i) => sessions.refresh(refreshCall(sid(from + (done + i) * 20)))),
    );
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['rotate']));
  }
  const after = await updates();
  expect(after.all - before.all).toBe(400);
  expect((after.hot - before.hot) / 400).toBeGreaterThan(0.95);
});

function refreshCall(sessionId: string): RefreshCall {
  const origin = { ip: '192.0.2.1', userAgent: 'plans', requestId: null };
  return {
    tenant: '',
    sessionId,
    transport: 'bearer',
    generation: 0,
    hash: zero,
    successor: { kid: 1, hash: Buffer.alloc(32, 1), nonce: Buffer.alloc(32, 2) },
    attemptHash: null,
    jkt: null,
    graceMs: 10_000,
    reissueMs: null,
    idleMs: [86_400_000, 86_400_000, 86_400_000],
    budgetMs: 30_000,
    origin,
    audit: { id: sessionId, origin, ordinary: false },
  };
}
