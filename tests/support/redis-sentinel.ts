import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isRedis, type RedisServer, redisBinary, startRedisServer } from './redis-server.ts';
import { ask, freePort, until } from './service.ts';

/** A master with a replica, and a sentinel that watches over them. */
export interface RedisSentinel {
  /** Where the sentinel listens. */
  readonly port: number;
  /** What it calls the two. */
  readonly name: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  stop(): Promise<void>;
}

/** Starts the three and waits until the sentinel knows the replica. A master that is silent for half a second is down. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const binary = redisBinary();
  const name = 'counts';
  const master = await startRedisServer({ binary });
  const args = ['--replicaof', '127.0.0.1', String(master.port)];
  const replica = await startRedisServer({ binary, args });
  const port = await freePort();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-sentinel-'));
  const config = path.join(dir, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ];
  fs.writeFileSync(config, `${lines.join('\n')}\n`);
  // one program: it is a sentinel by its argument
  const sentinel: ChildProcess = spawn(binary.path, [config, '--sentinel'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...binary.env },
  });
  let log = '';
  const keep = (text: Buffer): void => {
    log = (log + text).slice(-4000);
  };
  sentinel.stdout?.on('data', keep);
  sentinel.stderr?.on('data', keep);
  const removeAll = (): void => {
    sentinel.kill('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', removeAll);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', removeAll);
    removeAll();
    await Promise.all([master.stop(), replica.stop()]);
  };
  const knowsReplica = async (): Promise<boolean> => {
    if (!(await isRedis(port))) return false;
    const known = String(await ask(port, `SENTINEL REPLICAS ${name}\r\n`));
    const linked = String(await ask(replica.port, 'INFO replication\r\n'));
    return known.includes(String(replica.port)) && linked.includes('master_link_status:up');
  };
  try {
    await until('redis-sentinel', sentinel, () => log, knowsReplica);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, name, master, replica, stop };
}
