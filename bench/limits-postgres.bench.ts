/**
 * Limits on a real PostgreSQL with fsync on, one caller and 64, against rate-limiter-flexible on the same server and
 * through the same pool, in turns. No check is refused. The peer's table is logged, so each of its checks waits for the
 * disk; ours is not, and waits for the round trip alone. Two lines beside them tell what that is: a prepared `select 1`,
 * and the plainest upsert of a counter in an unlogged table: a lonely check that is exact can't be quicker than these.
 */
import type { LimitRule } from '@castellan/core/limits';
import { createMigrations, postgresLimitStore } from '@castellan/store-postgres';
import pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { startPostgresServer } from '../tests/support/postgres-server.ts';
import { type Figure, inTurns, load, median } from './measure.ts';

const KEYS = 10_000;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);

const server = await startPostgresServer({ fsync: true });
const pool = new pg.Pool({ connectionString: server.url, max: 10 });
await createMigrations(pool).up();
const store = postgresLimitStore(pool, { deadline: '10s' });
const flexible = await new Promise<RateLimiterPostgres>((resolve, reject) => {
  const options = { storeClient: pool, points: 1_000_000_000, duration: 60 };
  const limiter: RateLimiterPostgres = new RateLimiterPostgres(options, (error?: Error) =>
    error ? reject(error) : resolve(limiter),
  );
});

const nameOf = (): string => `caller-${Math.floor(Math.random() * KEYS)}`;
const check = (rule: LimitRule) => async (): Promise<void> => {
  const partition = nameOf();
  const [answer] = await store.consume([
    { buckets: [{ key: rule.kind + partition, partition, rule, cost: 1 }], times: 1 },
  ]);
  if (answer?.granted !== 1) throw new Error('a check was refused');
};
await pool.query('create unlogged table plain_count (key text primary key, n bigint not null) with (fillfactor = 50)');
const upsert =
  'insert into plain_count as c (key, n) values ($1, 1) on conflict (key) do update set n = c.n + 1 returning n';
const contestants = {
  flexible: () => flexible.consume(nameOf()),
  window: check({ kind: 'window', limit: 1_000_000_000, windowUs: 60_000_000 }),
  GCRA: check({ kind: 'rate', burst: 1_000_000, intervalUs: 10 }),
  'select 1': () => pool.query({ name: 'select-1', text: 'select 1' }),
  'plain upsert': () => pool.query({ name: 'plain-upsert', text: upsert, values: [nameOf()] }),
};

try {
  const figures: Figure[] = [];
  for (const [callers, atLeast] of [
    [1, 6],
    [64, 2],
  ] as const) {
    const runs = Object.entries(contestants).map(([name, work]) => [
      name,
      async () => (await load(callers, SECONDS * 1000, work)).perSecond,
    ]);
    for (const work of Object.values(contestants)) await load(callers, 500, work);
    const results = await inTurns<number>(ROUNDS, Object.fromEntries(runs));
    const ratiosOf = (name: string): readonly number[] =>
      (results[name] ?? []).map((rate, i) => rate / (results['flexible']?.[i] ?? Number.NaN));
    const floors = ['select 1', 'plain upsert'].map(
      (name) => `${name} ${median(results[name] ?? []).toFixed(0)}/s (${median(ratiosOf(name)).toPrecision(3)})`,
    );
    for (const name of ['window', 'GCRA']) {
      figures.push({
        name: `${name}, ${callers} callers, ratio to rate-limiter-flexible (${median(results['flexible'] ?? []).toFixed(0)}/s)`,
        measured: `${median(results[name] ?? []).toFixed(0)}/s; ${floors.join(', ')}`,
        ratio: median(ratiosOf(name)),
        goal: { atLeast },
      });
    }
  }
  console.log(JSON.stringify(figures));
} finally {
  await pool.end();
  await server.stop();
}
