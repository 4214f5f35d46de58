/** A query as `pg` takes it. */
export interface PoolQuery {
  readonly text: string;
  readonly name?: string;
  readonly values?: unknown[];
  readonly types?: { getTypeParser(oid: number, format?: string): (value: string) => unknown };
}

/** An answer of `pg`. `command` is the first word of the command's tag. */
export interface PoolAnswer {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

/** What we call of a client of `pg`. */
export interface PoolClientLike {
  query(query: PoolQuery): Promise<PoolAnswer>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  release(broken?: Error | boolean): void;
}

/**
 * What we call of the caller's `pg.Pool`. It stays the caller's: settings, TLS, `connectionTimeoutMillis`, `end()`.
 * No import of `pg`: any version, and any pool with the same face, will do.
 */
export interface PoolLike {
  connect(): Promise<PoolClientLike>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect' | 'acquire', listener: (client: PoolClientLike) => void): unknown;
  readonly totalCount: number;
}
