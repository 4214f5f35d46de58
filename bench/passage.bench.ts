/**
 * A protected GET with a memoised token, as a share of the same app without any check, beside the peers' stacks. The
 * peers' tokens say what ours say, and they too look at issuer and audience.
 */
import type { Figure } from './measure.ts';
import { contests, type Server, startServer } from './passage/contest.ts';

/** Who is compared, and how much faster than each peer we want to be. */
const frameworks: Readonly<Record<string, { readonly atLeast: number; readonly times: Record<string, number> }>> = {
  express: { atLeast: 0.88, times: { 'express-jwt': 2, 'passport-jwt': 3 } },
  fastify: { atLeast: 0.9, times: { '@fastify-jwt': 1.9 } },
  koa: { atLeast: 0.86, times: { 'koa-jwt': 4.5 } },
};

async function compare(framework: string): Promise<readonly Figure[]> {
  const { atLeast, times } = frameworks[framework] ?? { atLeast: 0, times: {} };
  const start = async (): Promise<ReadonlyMap<string, Server>> => {
    const servers = new Map<string, Server>();
    for (const kind of ['bare', 'castellan', ...Object.keys(times)])
      servers.set(kind, await startServer(`${framework}/${kind}`));
    return servers;
  };
  const { perSecond, ratio, cpuRatio } = await contests(start, { times: 5, rounds: 3, seconds: 1 });
  const shown = (kind: string): string =>
    `${kind} ${Math.round(perSecond(kind))}/s (${ratio(kind, 'bare').toFixed(2)} of bare, by CPU ${cpuRatio(kind, 'bare').toFixed(2)})`;
  return [
    {
      name: `protected GET on ${framework}, ratio to bare`,
      measured: `${shown('castellan')}, bare ${Math.round(perSecond('bare'))}/s`,
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
