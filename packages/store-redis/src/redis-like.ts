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
  /** Sends a command; what it answers is bytes and stays bytes. */
  callBuffer(command: string, ...args: RedisArgument[]): Promise<unknown>;
  on(event: 'ready' | 'close' | 'end', listener: () => void): unknown;
  off(event: 'ready' | 'close' | 'end', listener: () => void): unknown;
}
