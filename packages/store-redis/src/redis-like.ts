/** What is sent to a script. */
export type RedisArgument = string | number;

/**
 * What is called of a client: ioredis's `Redis` (also behind Sentinel) and `Cluster` are such. The client stays the
 * caller's: nothing here ends it or listens to its errors.
 */
export interface RedisLike {
  /** `ready`: commands are sent at once and not queued. */
  readonly status: string;
  /** Whether keys live on several servers. */
  readonly isCluster?: boolean;
  connect(): Promise<unknown>;
  time(): Promise<readonly unknown[]>;
  eval(text: string, keyCount: number, ...rest: RedisArgument[]): Promise<unknown>;
  evalsha(sha1: string, keyCount: number, ...rest: RedisArgument[]): Promise<unknown>;
  on(event: 'ready' | 'close' | 'end', listener: () => void): unknown;
  off(event: 'ready' | 'close' | 'end', listener: () => void): unknown;
}

/**
 * What ioredis has beside each command, though its types don't say so of these two: the answer is bytes and stays bytes.
 * (`callBuffer`, which they do know, loses its command where the client pipelines by itself.)
 */
export interface ScriptClient extends RedisLike {
  evalBuffer(text: string, keyCount: number, ...rest: RedisArgument[]): Promise<unknown>;
  evalshaBuffer(sha1: string, keyCount: number, ...rest: RedisArgument[]): Promise<unknown>;
}

/** Whether a client is one. */
export function isScriptClient(client: RedisLike): client is ScriptClient {
  return 'evalBuffer' in client && 'evalshaBuffer' in client;
}
