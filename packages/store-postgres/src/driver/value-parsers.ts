import { parseTimestamp } from './columns.ts';
import type { PoolQuery } from './pool-like.ts';

/**
 * Parsers for our own queries over `pg`, handed over with each of them: what the host has put into the process-wide
 * `setTypeParser` neither changes our answers nor is changed by us. Arrays and ranges stay text (`readTextArray`).
 */
export const valueParsers: NonNullable<PoolQuery['types']> = {
  getTypeParser: (oid) => parsers.get(oid) ?? asText,
};

const asText = (value: string): unknown => value;

function asInteger(value: string): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** By object id of the type, as PostgreSQL's catalogue has fixed them. */
const parsers: ReadonlyMap<number, (value: string) => unknown> = new Map<number, (value: string) => unknown>([
  [16, (value) => value === 't'], // bool
  [17, (value) => Buffer.from(value.slice(2), 'hex')], // bytea
  [20, asInteger], // int8: text beyond 2^53
  [21, Number], // int2
  [23, Number], // int4
  [26, Number], // oid
  [114, (value) => JSON.parse(value)], // json
  [700, Number], // float4
  [701, Number], // float8
  [1184, parseTimestamp], // timestamptz
  [3802, (value) => JSON.parse(value)], // jsonb
]);
