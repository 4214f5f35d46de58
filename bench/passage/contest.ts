import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import autocannon from 'autocannon';
import { inTurns, median } from '../measure.ts';

/** With fewer the load generator falls asleep between answers, and each server is charged for waking it, the quick one less. */
const CONNECTIONS = 64;

/** An app in a process of its own. */
export interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  /** What opens it: of one caller or of many. */
  readonly tokens: readonly string[];
}

/** Starts `framework/contestant`. */
export async function startServer(name: string, env: NodeJS.ProcessEnv = {}): Promise<Server> {
  const file = path.join(import.meta.dirname, 'server.ts');
  const child = fork(file, [name], { execArgv: ['--conditions=@castellan/source'], env: { ...process.env, ...env } });
  const [{ port, tokens }] = (await once(child, 'message')) as [{ port: number; tokens: string[] }];
  return { child, port, tokens };
}

/** What a server tells of itself. */
interface Told {
  /** CPU that it has taken, µs. */
  readonly cpuUs: number;
  /** How often a store that it shares was away or too slow. */
  readonly outages: number;
}

/** Asks it. */
export async function told({ child }: Server): Promise<Told> {
  child.send('tell');
  const [answer] = (await once(child, 'message')) as [Told];
  return answer;
}

/** How a contest is held. */
export interface ContestOptions {
  readonly rounds: number;
  /** Of one contestant in one round. */
  readonly seconds: number;
  /** For so long the same goes on before anything is measured, in each turn: what a server in use has at hand is at hand. Default 0. */
  readonly leadSeconds?: number;
  /** Which tokens a connection sends, again and again, of so many that there are. Default the first. */
  readonly callers?: (tokens: number) => readonly number[];
}

/** Requests per second, and CPU of the server for each, by contestant and round. */
export interface ContestResults {
  perSecond(name: string): number;
  /** The median of the rounds' ratios. */
  ratio(name: string, to: string): number;
  /** The same of requests for the same CPU: what is left of the ratio on a machine that is busy otherwise. */
  cpuRatio(name: string, to: string): number;
}

interface Turn {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Shoots at each of them in turns. One without tokens gets the bytes of the others, and does nothing with them. */
export async function contest(
  servers: ReadonlyMap<string, Server>,
  { rounds, seconds, leadSeconds = 0, callers = () => [0] }: ContestOptions,
): Promise<ContestResults> {
  const others = [...servers.values()].find(({ tokens }) => tokens.length > 0)?.tokens ?? [];
  const shoot = async (
    name: string,
    until: { readonly duration: number } | { readonly amount: number },
    drawn: (tokens: number, connection: number) => readonly number[],
  ): Promise<Turn> => {
    const server = servers.get(name) as Server;
    const { port, tokens: own } = server;
    const tokens = own.length > 0 ? own : others;
    let connection = 0;
    const before = await told(server);
    const result = await autocannon({
      url: `http://127.0.0.1:${port}/me`,
      connections: CONNECTIONS,
      ...until,
      setupClient(client) {
        const requests = drawn(tokens.length, connection++).map((at) => ({
          method: 'GET' as const,
          headers: { authorization: `Bearer ${tokens[at]}` },
        }));
        client.setRequests(requests);
      },
    });
    if (result.non2xx || result.errors) throw new Error(`${name}: ${result.non2xx} refused, ${result.errors} failed`);
    const { cpuUs } = await told(server);
    const { total } = result.requests;
    return { perSecond: total / result.duration, cpuUs: (cpuUs - before.cpuUs) / total };
  };
  const names = [...servers.keys()];
  for (const name of names) {
    // a token is verified when it comes first; what is measured are callers who have been there
    await shoot(name, { amount: Math.max(CONNECTIONS, others.length) }, eachInTurn);
    await shoot(name, { duration: 2 }, callers);
  }
  const turns = names.map((name) => [
    name,
    async () => {
      if (leadSeconds > 0) await shoot(name, { duration: leadSeconds }, callers);
      return shoot(name, { duration: seconds }, callers);
    },
  ]);
  const results = await inTurns<Turn>(rounds, Object.fromEntries(turns));
  const medianOf = (name: string, of: (turn: Turn, round: number) => number): number =>
    median((results[name] ?? []).map(of));
  const turnOf = (name: string, round: number): Turn | undefined => results[name]?.[round];
  return {
    perSecond: (name) => medianOf(name, ({ perSecond }) => perSecond),
    ratio: (name, to) =>
      medianOf(name, ({ perSecond }, round) => perSecond / (turnOf(to, round)?.perSecond ?? Number.NaN)),
    cpuRatio: (name, to) => medianOf(name, ({ cpuUs }, round) => (turnOf(to, round)?.cpuUs ?? Number.NaN) / cpuUs),
  };
}

/**
 * Holds several contests, each between new processes, and takes the medians of their results: two processes of one app
 * differ by up to a tenth, as their code and data happen to lie in memory, for as long as they live, and now and then one
 * comes into step with the load generator such that each answer has to wake it, which doubles what a write costs.
 */
export async function contests(
  start: () => Promise<ReadonlyMap<string, Server>>,
  { times, ...options }: ContestOptions & { readonly times: number },
): Promise<ContestResults> {
  const held: ContestResults[] = [];
  for (let time = 0; time < times; time++) {
    const servers = await start();
    held.push(await contest(servers, options));
    await endServers(servers);
  }
  const medianOf = (of: (results: ContestResults) => number): number => median(held.map(of));
  return {
    perSecond: (name) => medianOf((results) => results.perSecond(name)),
    ratio: (name, to) => medianOf((results) => results.ratio(name, to)),
    cpuRatio: (name, to) => medianOf((results) => results.cpuRatio(name, to)),
  };
}

/** Every token once, each over one of the connections. */
function eachInTurn(tokens: number, connection: number): readonly number[] {
  const own = Array.from({ length: Math.ceil(tokens / CONNECTIONS) }, (_, i) => connection + i * CONNECTIONS);
  return own.map((at) => at % tokens);
}

/** Ends them, and waits for it. */
export async function endServers(servers: ReadonlyMap<string, Server>): Promise<void> {
  await Promise.all(
    [...servers.values()].map(async ({ child }) => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    }),
  );
}
