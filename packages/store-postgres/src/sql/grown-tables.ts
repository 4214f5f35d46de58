import { type Statement, statement } from '../driver/statement.ts';

/**
 * Tables of a schema that are more than twice as large as when they were last analysed, and have more than two pages: a
 * plan made for a few rows reads all of many.
 */
export const grownTables: Statement = statement(`select c.oid::regclass::text as name from pg_class c
where c.relnamespace = $1::text::regnamespace and c.relkind = 'r'
  and pg_relation_size(c.oid) > 2 * current_setting('block_size')::bigint * greatest(c.relpages, 1)`);
