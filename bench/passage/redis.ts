import { Redis } from 'ioredis';

/** The Redis of this contest. */
export function benchRedis(): Redis {
  const url = process.env['BENCH_REDIS'];
  if (!url) throw new Error('BENCH_REDIS: the URL of a Redis');
  return new Redis(url);
}
