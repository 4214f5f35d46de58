import { type RedisServer, redisBinary, startRedisServer } from './redis-server.ts';
import { ask, freePort } from './service.ts';

/** A Redis Cluster on the loopback. */
export interface RedisCluster {
  /** Masters first, then their replicas. Any of them shows a client the way. */
  readonly nodes: readonly RedisServer[];
  readonly masters: readonly RedisServer[];
  stop(): Promise<void>;
}

/** How the cluster is set up. */
export interface RedisClusterOptions {
  /** Default 3: fewer have no majority. */
  readonly masters?: number;
  /** Replicas of each master; default 0. */
  readonly replicas?: number;
  /** After how long a silent master has failed, ms. Default 1,000. */
  readonly nodeTimeoutMs?: number;
}

const SLOTS = 16384;
/** How far above a node's port its port for the other nodes is. */
const BUS = 10_000;

/** Starts a cluster and waits until every slot is served. A fresh master takes 2 s of its own to say that it is ready. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters: count = 3, replicas = 0, nodeTimeoutMs = 1000 } = options;
  const binary = redisBinary();
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)];
  const ports: number[] = [];
  while (ports.length < count * (1 + replicas)) {
    const port = await freePort([0, BUS]);
    if (!ports.includes(port)) ports.push(port);
  }
  const nodes = await Promise.all(ports.map((port) => startRedisServer({ binary, port, args })));
  const masters = nodes.slice(0, count);
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };

  try {
    const share = Math.ceil(SLOTS / count);
    for (const [i, { port }] of masters.entries()) {
      await call(port, 'CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, SLOTS) - 1);
      await call(port, 'CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    }
    // every node meets every other: gossip has nothing left to spread
    for (const from of ports)
      for (const to of ports) if (from !== to) await call(from, 'CLUSTER', 'MEET', '127.0.0.1', to);
    const knows = (answer: string): boolean => answer.includes(`cluster_known_nodes:${nodes.length}`);
    await settled('did not meet', () => all(ports, 'INFO', knows));
    for (const [i, { port }] of nodes.slice(count).entries()) {
      const master = masters[i % count]?.port ?? 0;
      const id = /\$\d+\r\n(\w+)/.exec(await call(master, 'CLUSTER', 'MYID'))?.[1] ?? '';
      await settled('no replication', async () => (await call(port, 'CLUSTER', 'REPLICATE', id)).startsWith('+OK'));
    }
    const isReady = (answer: string): boolean =>
      answer.includes('cluster_state:ok') && answer.includes(`cluster_size:${count}`);
    await settled('did not form', () => all(ports, 'INFO', isReady));
    const replicates = async (port: number): Promise<boolean> =>
      (await call(port, 'INFO', 'replication')).includes('master_link_status:up');
    await settled('replicas did not connect', async () => {
      const linked = await Promise.all(ports.slice(count).map(replicates));
      return linked.every(Boolean);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, masters, stop };
}

async function all(ports: readonly number[], what: string, holds: (answer: string) => boolean): Promise<boolean> {
  const answers = await Promise.all(ports.map((port) => call(port, 'CLUSTER', what)));
  return answers.every(holds);
}

async function settled(otherwise: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`the Redis Cluster ${otherwise} in 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** One command, without a client. */
async function call(port: number, ...words: readonly (string | number)[]): Promise<string> {
  return String(await ask(port, `${words.join(' ')}\r\n`, 2000));
}
