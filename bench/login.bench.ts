/** Sign-ins over HTTP against pure Argon2id at concurrency = cores, and what a storm of them does to others. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hash, verify } from '@node-rs/argon2';
import { type Figure, inTurns, load, median, percentile } from './measure.ts';

const PASSWORD = 'correct horse battery';
const child = fork(path.join(import.meta.dirname, 'login-server.ts'), { execArgv: ['--conditions=@castellan/source'] });
const [{ port }] = (await once(child, 'message')) as [{ port: number }];
const agent = new http.Agent({ keepAlive: true, maxSockets: 1000 });

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number;
  readonly body: Record<string, unknown>;
}
function call(method: string, route: string, body?: object, token?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const request = http.request({ port, host: '127.0.0.1', method, path: route, headers, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfterMs: Number(response.headers['retry-after'] ?? 1) * 1000,
          body: JSON.parse(Buffer.concat(parts).toString()),
        }),
      );
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}
const login = () => call('POST', '/auth/login', { email: 'ada@example.com', password: PASSWORD });

const registered = await call('POST', '/auth/register', { email: 'ada@example.com', password: PASSWORD });
const token = String(registered.body['access_token']);
const stored = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 });
const cores = os.availableParallelism();
const pure = async () => (await load(cores, 4000, () => verify(stored, PASSWORD))).perSecond;
/** Useful sign-ins per second: those answered 200. A refused client waits as long as `Retry-After` says. */
const useful = async (clients: number): Promise<number> => {
  let good = 0;
  const start = performance.now();
  await load(clients, 4000, async () => {
    const { status, retryAfterMs } = await login();
    if (status === 200) good++;
    else if (status === 503) await delay(retryAfterMs);
    else throw new Error(`login answered ${status}`);
  });
  return good / ((performance.now() - start) / 1000);
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
      const { status } = await call('GET', '/me', undefined, token);
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

await useful(8);
const results = await inTurns(3, { pure, http32: () => useful(32) });
const capacity = median(results['pure'] ?? []);
const http32 = median((results['http32'] ?? []).map((rate, round) => rate / (results['pure']?.[round] ?? Number.NaN)));
const flood = await storm(capacity * 2, 8000);
const p99 = percentile(flood.latencies, 0.99);
const figures: Figure[] = [
  {
    name: 'login over HTTP, 32 clients, ratio to pure Argon2id',
    measured: `pure ${capacity.toFixed(0)}/s with ${cores} at once`,
    ratio: http32,
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
agent.destroy();
