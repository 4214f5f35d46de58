/**
 * A GET whose caller is limited on Redis, as a share of the same app without any of it. 64 connections, 10,000 callers by
 * Zipf's law, none of whom is refused, known by a key that nobody verifies: it is the limit that is measured. Leases are
 * as they are by default where it is known that there is one process. The peers count the same callers, each as its
 * documentation sets it up on Redis. Castellan's answers have five header fields more than bare ones, where those of peers
 * have two or three: `castellan, the draft's fields` is the same with `limits: { headers: { xRateLimit: false } }`, which
 * leaves two, and has the same goal. Without a goal beside them: `bare + the headers`, the same app without any limit but
 * with the five header fields of a limited answer, which never change, as what they cost nobody who sends them is spared;
 * and `castellan + token`, where the caller is the subject of a verified access token and has the limit of its tier.
 */
import { startRedisServer } from '../tests/support/redis-server.ts';
import type { Figure } from './measure.ts';
import { CALLERS, zipf } from './passage/callers.ts';
import { contest, endServers, type Server, startServer, told } from './passage/contest.ts';

/**
 * A lease lives for up to half a minute, and none is left when a turn begins, as on no server that is in use: without a
 * lead it would be callers who come for the first time that are measured.
 */
const LEAD_SECONDS = 4;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const DRAFT = "castellan, the draft's fields";
/** Who shows what the headers cost alone, and what it costs to know the caller. */
const others = { 'bare + the headers': 'headers', 'castellan + token': 'castellan-token' };
/** Which callers come over a connection, before it begins again: the load generator makes its requests ahead. */
const DRAWS = 500;

const flexible = { 'rate-limiter-flexible': 'rate-limiter-flexible' };
/** Peers by what they are shown as. */
const frameworks: Readonly<
  Record<string, { readonly atLeast: number; readonly peers: Readonly<Record<string, string>> }>
> = {
  express: { atLeast: 0.86, peers: { 'express-rate-limit': 'express-rate-limit', ...flexible } },
  fastify: { atLeast: 0.86, peers: { '@fastify/rate-limit': 'fastify-rate-limit', ...flexible } },
  koa: { atLeast: 0.84, peers: { 'koa-ratelimit': 'koa-ratelimit', ...flexible } },
};
const draw = zipf(CALLERS);
const callers = (): readonly number[] => Array.from({ length: DRAWS }, draw);

async function compare(framework: string, redis: string): Promise<readonly Figure[]> {
  const { atLeast, peers } = frameworks[framework] ?? { atLeast: 0, peers: {} };
  const env = { BENCH_REDIS: redis };
  const servers = new Map<string, Server>([['bare', await startServer(`${framework}/bare`)]]);
  const kinds = { castellan: 'castellan', [DRAFT]: 'castellan-draft', ...peers, ...others };
  for (const [name, kind] of Object.entries(kinds))
    servers.set(name, await startServer(`limited-${framework}/${kind}`, env));
  const { perSecond, ratio, cpuRatio } = await contest(servers, {
    rounds: ROUNDS,
    seconds: SECONDS,
    leadSeconds: LEAD_SECONDS,
    callers,
  });
  const castellan = servers.get('castellan');
  const { outages } = castellan ? await told(castellan) : { outages: Number.NaN };
  await endServers(servers);
  const shown = (kind: string): string =>
    `${kind} ${Math.round(perSecond(kind))}/s (${ratio(kind, 'bare').toFixed(2)}, by CPU ${cpuRatio(kind, 'bare').toFixed(2)})`;
  return [
    {
      name: `limited GET on ${framework}, ratio to bare`,
      measured: [...servers.keys()].map(shown).join(', '),
      ratio: ratio('castellan', 'bare'),
      goal: { atLeast },
    },
    {
      name: `the same with the draft's fields alone`,
      measured: shown(DRAFT),
      ratio: ratio(DRAFT, 'bare'),
      goal: { atLeast },
    },
    // what a process counts by itself while it takes Redis for away is quicker than what is measured here
    { name: 'the same: times that Redis was too slow', measured: `${outages}`, ratio: outages, goal: { atMost: 0 } },
  ];
}

const server = await startRedisServer();
try {
  const figures: Figure[] = [];
  for (const framework of Object.keys(frameworks)) figures.push(...(await compare(framework, server.url)));
  console.log(JSON.stringify(figures));
} finally {
  await server.stop();
}
