/**
 * A protected GET with a memoised token, as a share of the same app without any check, beside the peers' stacks. The
 * peers' tokens say what ours say, and they too look at issuer and audience.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import autocannon from 'autocannon';
import { type Figure, inTurns, median } from './measure.ts';

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token: string;
}

/** Who is compared, and how much faster than each peer we want to be. */
const frameworks: Readonly<Record<string, { readonly atLeast: number; readonly times: Record<string, number> }>> = {
  express: { atLeast: 0.88, times: { 'express-jwt': 2, 'passport-jwt': 3 } },
  fastify: { atLeast: 0.9, times: { '@fastify-jwt': 1.9 } },
  koa: { atLeast: 0.86, times: { 'koa-jwt': 4.5 } },
};

/** With fewer the load generator falls asleep between answers, and each server is charged for waking it, the quick one less. */
const CONNECTIONS = 64;

async function start(name: string): Promise<Server> {
  const file = path.join(import.meta.dirname, 'passage/server.ts');
  const child = fork(file, [name], { execArgv: ['--conditions=@castellan/source'] });
  const [{ port, token }] = (await once(child, 'message')) as [{ port: number; token: string }];
  return { child, port, token };
}

async function compare(framework: string): Promise<readonly Figure[]> {
  const { atLeast, times } = frameworks[framework] ?? { atLeast: 0, times: {} };
  const kinds = ['bare', 'castellan', ...Object.keys(times)];
  const servers = new Map<string, Server>();
  for (const kind of kinds) servers.set(kind, await start(`${framework}/${kind}`));
  const shoot = (kind: string, duration: number) => async (): Promise<number> => {
    const { port, token } = servers.get(kind) as Server;
    // the bare app gets the same bytes to read, and does nothing with them
    const sent = token || (servers.get('castellan')?.token ?? '');
    const result = await autocannon({
      url: `http://127.0.0.1:${port}/me`,
      connections: CONNECTIONS,
      duration,
      headers: { authorization: `Bearer ${sent}` },
    });
    if (result.non2xx || result.errors) throw new Error(`${kind}: ${result.non2xx} refused, ${result.errors} failed`);
    return result.requests.total / result.duration;
  };
  for (const kind of kinds) await shoot(kind, 2)();
  const results = await inTurns(5, Object.fromEntries(kinds.map((kind) => [kind, shoot(kind, 3)])));
  for (const { child } of servers.values()) child.disconnect();
  const ratio = (kind: string, to: string): number =>
    median((results[kind] ?? []).map((rate, round) => rate / (results[to]?.[round] ?? Number.NaN)));
  const shown = (kind: string): string =>
    `${kind} ${Math.round(median(results[kind] ?? []))}/s (${ratio(kind, 'bare').toFixed(2)} of bare)`;
  return [
    {
      name: `protected GET on ${framework}, ratio to bare`,
      measured: `${shown('castellan')}, bare ${Math.round(median(results['bare'] ?? []))}/s`,
      ratio: ratio('castellan', 'bare'),
      goal: { atLeast },
    },
    ...Object.entries(times).map(([peer, goal]) => ({
      name: `the same, times ${peer}`,
      measured: shown(peer),
      ratio: ratio('castellan', peer),
      goal: { atLeast: goal },
    })),
  ];
}

const figures: Figure[] = [];
for (const framework of Object.keys(frameworks)) figures.push(...(await compare(framework)));
console.log(JSON.stringify(figures));
