/**
 * Refresh on a real PostgreSQL with fsync on, against pgbench's prepared one-row rotation over the same data, both in
 * turns. The window C is 0 here: with it a bench would rotate each session once in ten seconds.
 */
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { SessionStore } from '@castellan/core/sessions';
import { createMigrations, postgresStores } from '@castellan/store-postgres';
import pg from 'pg';
import { postgresBinDir } from '../tests/support/postgres.ts';
import { startPostgresServer } from '../tests/support/postgres-server.ts';
import { type Figure, inTurns, load, median, percentile } from './measure.ts';

const SESSIONS = 64_000;
const SECONDS = 4;
const ROUNDS = 3;
const idOf = (index: number): string => `00000000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
const first = Buffer.alloc(32);

/**
 * Random bytes of one large draw: drawn 32 at a time they are a tenth of what this process does, and pgbench, with which
 * it shares the cores, draws none.
 */
const DRAW = 1 << 20;
let chance = Buffer.alloc(0);
function random32(): Uint8Array {
  if (chance.length === 0) chance = randomFillSync(Buffer.allocUnsafeSlow(DRAW));
  const drawn = chance.subarray(0, 32);
  chance = chance.subarray(32);
  return drawn;
}

const server = await startPostgresServer({ fsync: true });
const pool = new pg.Pool({ connectionString: server.url, max: 12 });
await createMigrations(pool).up();
await pool.query("insert into castellan.subject (id) select 'user-' || i from generate_series(0, 999) i");
await pool.query(`
  insert into castellan.session (id, subject, user_epoch, leaf_hash, leaf_kid, leaf_at, created_at, last_used_at, idle_expires_at, expires_at, auth_time)
  select ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'user-' || i % 1000, 0, decode(repeat('00', 32), 'hex'), 1,
         now() - interval '1 minute', now() - interval '1 minute', now() - interval '1 minute', now() + interval '14 days', now() + interval '30 days', now()
  from generate_series(1, ${SESSIONS}) i`);

/** Everything back to generation 0, as pgbench leaves no hashes that we know. */
async function reset(): Promise<void> {
  await pool.query(
    `update castellan.session set gen = 0, leaf_hash = decode(repeat('00', 32), 'hex'), parent_hash = null, leaf_nonce = null, revoked_at = null`,
  );
  await pool.query('truncate castellan.audit_event');
  await pool.query('vacuum analyze castellan.session');
  await pool.query('checkpoint');
}

const script = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-bench-')), 'rotate.sql');
fs.writeFileSync(
  script,
  `\\set i random(1, ${SESSIONS})
update castellan.session set gen = gen + 1, parent_hash = leaf_hash, leaf_hash = sha256(leaf_hash), leaf_nonce = sha256(leaf_hash), leaf_at = clock_timestamp(), confirmed_at = null, last_used_at = clock_timestamp(), idle_expires_at = least(clock_timestamp() + interval '14 days', expires_at) where id = ('00000000-0000-7000-8000-' || lpad(to_hex(:i::int), 12, '0'))::uuid and revoked_at is null;
`,
);
const bin = postgresBinDir();
const pgbenchBinary = bin && fs.existsSync(path.join(bin, 'pgbench')) ? path.join(bin, 'pgbench') : 'pgbench';
async function pgbench(): Promise<number> {
  await reset();
  const args = ['-n', '-M', 'prepared', '-c', '32', '-j', '2', '-T', String(SECONDS), '-f', script, server.url];
  const output = execFileSync(pgbenchBinary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return Number(/tps = ([\d.]+)/.exec(output)?.[1]);
}

interface Run {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicros: number;
}
/** What the callers know of each session. */
type Held = { generation: number; hash: Uint8Array; busy: boolean }[];
async function fresh(): Promise<Held> {
  await reset();
  return Array.from({ length: SESSIONS + 1 }, () => ({ generation: 0, hash: first, busy: false }));
}
async function rotate(
  sessions: SessionStore,
  callers: number,
  { audit = false, state, ms = SECONDS * 1000 }: { audit?: boolean; state: Held; ms?: number },
): Promise<Run> {
  const origin = {
    ip: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    requestId: 'req-0123456789',
  };
  const cpu = process.cpuUsage();
  const { perSecond, latencies } = await load(callers, ms, async () => {
    let index: number;
    do index = 1 + Math.floor(Math.random() * SESSIONS);
    while (state[index]?.busy);
    const own = state[index] as Held[number];
    own.busy = true;
    const hash = random32();
    const answer = await sessions.refresh({
      tenant: '',
      sessionId: idOf(index),
      transport: 'bearer',
      generation: own.generation,
      hash: own.hash,
      successor: { kid: 1, hash, nonce: random32() },
      attemptHash: null,
      jkt: null,
      graceMs: 0,
      reissueMs: null,
      idleMs: [1_209_600_000, 3_600_000, 900_000],
      budgetMs: 4000,
      origin,
      audit: { id: crypto.randomUUID(), origin, ordinary: audit },
    });
    if (answer.outcome !== 'rotate') throw new Error(`refresh: ${answer.outcome}`);
    own.generation = answer.session.generation;
    own.hash = hash;
    own.busy = false;
  });
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuMicros: (user + system) / latencies.length,
  };
}

const TURN_MS = 200;
/**
 * The two in turns of a fifth of a second over the same rows, which way first in turns, too: from one second to the next
 * the disk's pace changes by more than what is compared. Each one's run, and the ratio of each pair of turns.
 */
async function alone(
  grouped: SessionStore,
  single: SessionStore,
): Promise<Run & { readonly ratios: readonly number[] }> {
  const state = await fresh();
  const turn = (sessions: SessionStore): Promise<Run> => rotate(sessions, 1, { state, ms: TURN_MS });
  await turn(grouped);
  await turn(single);
  const { ours, theirs } = await inTurns((SECONDS * 1000) / TURN_MS, {
    ours: () => turn(grouped),
    theirs: () => turn(single),
  });
  const of = (pick: (run: Run) => number): number => median((ours ?? []).map(pick));
  return {
    perSecond: of((run) => run.perSecond),
    p50: of((run) => run.p50),
    p99: of((run) => run.p99),
    cpuMicros: of((run) => run.cpuMicros),
    ratios: (ours ?? []).map((run, i) => run.perSecond / (theirs?.[i]?.perSecond ?? Number.NaN)),
  };
}

try {
  const grouped = postgresStores(pool).sessions;
  const single = postgresStores(pool, { batching: 'single' }).sessions;
  const baseline = async (): Promise<Run> => ({ perSecond: await pgbench(), p50: 0, p99: 0, cpuMicros: 0 });
  const results = await inTurns(ROUNDS, {
    pgbench: baseline,
    'plain 32': async () => rotate(grouped, 32, { state: await fresh() }),
    'plain 256': async () => rotate(grouped, 256, { state: await fresh() }),
    'audit 32': async () => rotate(grouped, 32, { audit: true, state: await fresh() }),
    'audit 256': async () => rotate(grouped, 256, { audit: true, state: await fresh() }),
    'single 32': async () => rotate(single, 32, { state: await fresh() }),
  });
  const lonely: Run[] = [];
  const lonelyRatios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { ratios, ...run } = await alone(grouped, single);
    lonely.push(run);
    lonelyRatios.push(...ratios);
  }
  const ratio = (name: string, base = 'pgbench'): number =>
    median(
      (results[name] ?? []).map((run, round) => run.perSecond / (results[base]?.[round]?.perSecond ?? Number.NaN)),
    );
  const shown = (name: string, runs = results[name] ?? []): string => {
    const of = (pick: (run: Run) => number): string => median(runs.map(pick)).toFixed(2);
    return `${of((run) => run.perSecond)}/s, p50 ${of((run) => run.p50)} ms, p99 ${of((run) => run.p99)} ms, ${of((run) => run.cpuMicros)} µs CPU`;
  };
  const pgbenchRate = median((results['pgbench'] ?? []).map((run) => run.perSecond)).toFixed(0);
  const figure = (name: string, atLeast: number): Figure => ({
    name: `refresh ${name} callers, ratio to pgbench (${pgbenchRate}/s)`,
    measured: shown(name),
    ratio: ratio(name),
    goal: { atLeast },
  });
  const figures: Figure[] = [
    figure('plain 32', 1.25),
    figure('plain 256', 1.6),
    figure('audit 32', 0.9),
    figure('audit 256', 1.3),
    {
      name: 'one caller alone, ratio to the single statement',
      measured: shown('alone', lonely),
      ratio: median(lonelyRatios),
      goal: { atLeast: 1 },
    },
  ];
  console.log(`single statement, 32 callers: ${ratio('single 32').toFixed(2)} of pgbench, ${shown('single 32')}`);
  console.log(JSON.stringify(figures));
} finally {
  await pool.end();
  await server.stop();
  fs.rmSync(path.dirname(script), { recursive: true, force: true });
}
