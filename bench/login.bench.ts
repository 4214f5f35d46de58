/** Sign-ins over HTTP against pure Argon2id at concurrency = cores, and what a storm of them does to others. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hash, verify } from '@node-rs/argon2';
import { type LeanAnswer, type LeanConnection, leanConnection, requestText } from './lean-client.ts';
import { type Figure, inTurns, load, median, percentile } from './measure.ts';

const PASSWORD = 'correct horse battery';
const stored = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 });
const child = fork(path.join(import.meta.dirname, 'login-server.ts'), {
  execArgv: ['--conditions=@castellan/source'],
  env: { ...process.env, STORED_HASH: stored },
});
const [{ port }] = (await once(child, 'message')) as [{ port: number }];
/** People, each with an account and an address of their own, or the limits of sign-ins would refuse them. */
const PEOPLE = 250;
const request = (method: string, target: string, person: number, token?: string): string =>
  requestText(
    method,
    target,
    {
      'x-forwarded-for': `198.51.100.${person % PEOPLE}`,
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    method === 'POST' ? JSON.stringify({ email: `ada-${person % PEOPLE}@example.com`, password: PASSWORD }) : '',
  );
const signIns = (target: string): string[] =>
  Array.from({ length: PEOPLE }, (_, person) => request('POST', target, person));
const castellan = signIns('/auth/login');
const bare = signIns('/bare');

const idle: LeanConnection[] = [];
async function call(text: string): Promise<LeanAnswer> {
  const connection = idle.pop() ?? (await leanConnection(port));
  const answer = await connection(text);
  idle.push(connection);
  return answer;
}
let next = 0;
const login = (texts: readonly string[] = castellan): Promise<LeanAnswer> => call(texts[next++ % PEOPLE] as string);

let token = '';
for (let person = 0; person < PEOPLE; person++) {
  const { status, body } = await call(request('POST', '/auth/register', person));
  if (status !== 201) throw new Error(`register answered ${status}`);
  token = String((JSON.parse(body) as Record<string, unknown>)['access_token']);
}
const cores = os.availableParallelism();
/** How many in a second, and the CPU time of each, ms: two views, for a shared machine spoils the first. */
interface Rate {
  readonly perSecond: number;
  readonly cpuMs: number;
  /** What asking for one costs the client, which runs on the same cores. */
  readonly clientMs: number;
}
const total = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
const pure = async (atOnce = cores): Promise<Rate> => {
  const before = process.cpuUsage();
  const { perSecond, latencies } = await load(atOnce, 4000, () => verify(stored, PASSWORD));
  return { perSecond, cpuMs: total(process.cpuUsage(before)) / latencies.length, clientMs: 0 };
};
const serverCpuMs = async (): Promise<number> => {
  child.send('cpu');
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: NodeJS.CpuUsage }];
  return total(cpu);
};
/** Useful sign-ins: those answered 200. A refused client waits as long as `Retry-After` says. */
const useful = async (clients: number, texts: readonly string[]): Promise<Rate> => {
  let good = 0;
  const before = await serverCpuMs();
  const own = process.cpuUsage();
  const start = performance.now();
  await load(clients, 4000, async () => {
    const { status, head } = await login(texts);
    if (status === 200) good++;
    else if (status === 503) await delay(1000 * Number(/\r\nretry-after: (\d+)/i.exec(head)?.[1] ?? 1));
    else throw new Error(`login answered ${status}`);
  });
  const perSecond = good / ((performance.now() - start) / 1000);
  const clientMs = total(process.cpuUsage(own)) / good;
  return { perSecond, cpuMs: ((await serverCpuMs()) - before) / good, clientMs };
};
/** Sign-ins arriving at a fixed rate, answered or not: a storm does not wait. */
const storm = async (perSecond: number, ms: number): Promise<{ good: number; latencies: number[] }> => {
  let good = 0;
  const latencies: number[] = [];
  const pending: Promise<unknown>[] = [];
  const start = performance.now();
  const probe = (async () => {
    while (performance.now() - start < ms) {
      const sent = performance.now();
      const { status } = await call(request('GET', '/me', 0, token));
      if (status !== 200) throw new Error(`GET answered ${status}`);
      latencies.push(performance.now() - sent);
      await delay(10);
    }
  })();
  for (let sent = 0; performance.now() - start < ms; sent++) {
    pending.push(login().then(({ status }) => status === 200 && good++));
    await delay(Math.max(0, start + ((sent + 1) * 1000) / perSecond - performance.now()));
  }
  await Promise.all([...pending, probe]);
  return { good: good / ((performance.now() - start) / 1000), latencies };
};

// a server runs for days: what it does often is compiled after some hundred times
for (let warming = 0; warming < 4; warming++) for (const texts of [castellan, bare]) await useful(32, texts);
/** The gate's default: one more than there are cores, so that none of them waits for the event loop. */
const crowd = Math.min(cores + 1, 3);
const results = await inTurns(4, {
  pure: () => pure(),
  // as many at once as the server's gate lets: what it costs hashes that cores go from one to the other
  crowded: () => pure(crowd),
  castellan: () => useful(32, castellan),
  bare: () => useful(32, bare),
});
const capacity = median((results['pure'] ?? []).map(({ perSecond }) => perSecond));
const toPure = (name: string, share: (rate: Rate, pure: Rate) => number): number =>
  median((results[name] ?? []).map((rate, round) => share(rate, (results['pure'] as readonly Rate[])[round] as Rate)));
const byRate = (name: string): number => toPure(name, (rate, pure) => rate.perSecond / pure.perSecond);
const byCpu = (name: string): string => toPure(name, (rate, pure) => pure.cpuMs / rate.cpuMs).toFixed(2);
const clientMs = median((results['castellan'] ?? []).map((rate) => rate.clientMs));
const flood = await storm(capacity * 2, 8000);
const p99 = percentile(flood.latencies, 0.99);
const figures: Figure[] = [
  {
    name: 'login over HTTP, 32 clients, ratio to pure Argon2id',
    measured: `pure ${capacity.toFixed(0)}/s with ${cores} at once; by CPU time ${byCpu('castellan')}; bare Express with nothing but the hash ${byRate('bare').toFixed(2)}, by CPU time ${byCpu('bare')}; pure with ${crowd} at once by CPU time ${byCpu('crowded')}; the client takes ${clientMs.toFixed(2)} ms a login`,
    ratio: byRate('castellan'),
    goal: { atLeast: 0.95 },
  },
  {
    name: 'useful logins at twice the capacity',
    measured: `${flood.good.toFixed(0)}/s of ${capacity.toFixed(0)}/s`,
    ratio: flood.good / capacity,
    goal: { atLeast: 0.8 },
  },
  {
    name: "an unrelated GET's p99 during that storm, ms",
    measured: `p50 ${percentile(flood.latencies, 0.5).toFixed(1)} ms`,
    ratio: p99,
    goal: { atMost: 30 },
  },
];
console.log(JSON.stringify(figures));
child.disconnect();
process.exit(0);
