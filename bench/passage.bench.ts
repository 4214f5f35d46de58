/** A protected GET with a memoised token on Express, as a share of the same app without any check. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import autocannon from 'autocannon';
import { type Figure, inTurns, median } from './measure.ts';

const kinds = ['bare', 'castellan', 'express-jwt', 'passport-jwt'];
const servers = new Map<string, { readonly child: ChildProcess; readonly port: number; readonly token: string }>();
for (const kind of kinds) {
  const child = fork(path.join(import.meta.dirname, 'passage-server.ts'), [kind], {
    execArgv: ['--conditions=@castellan/source'],
  });
  const [{ port, token }] = (await once(child, 'message')) as [{ port: number; token: string }];
  servers.set(kind, { child, port, token });
}
const shoot = (kind: string, duration: number) => async (): Promise<number> => {
  const { port, token } = servers.get(kind) as { port: number; token: string };
  // the bare app gets the same bytes to read, and does nothing with them
  const sent = token || (servers.get('castellan')?.token ?? '');
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/me`,
    connections: 32,
    duration,
    headers: { authorization: `Bearer ${sent}` },
  });
  if (result.non2xx || result.errors) throw new Error(`${kind}: ${result.non2xx} refused, ${result.errors} failed`);
  return result.requests.total / result.duration;
};
for (const kind of kinds) await shoot(kind, 2)();
const results = await inTurns(5, Object.fromEntries(kinds.map((kind) => [kind, shoot(kind, 3)])));
const bare = results['bare'] ?? [];
const ratio = (kind: string): number =>
  median((results[kind] ?? []).map((rate, round) => rate / (bare[round] ?? Number.NaN)));
const shown = kinds
  .map((kind) => `${kind} ${Math.round(median(results[kind] ?? []))}/s (${ratio(kind).toFixed(2)})`)
  .join(', ');
const figures: Figure[] = [
  {
    name: 'protected GET on Express, ratio to bare',
    measured: shown,
    ratio: ratio('castellan'),
    goal: { atLeast: 0.88 },
  },
];
console.log(JSON.stringify(figures));
for (const { child } of servers.values()) child.disconnect();
