/** The PostgreSQL schema that holds the tables, unless the caller names another. */
export const DEFAULT_SCHEMA = 'castellan';

/**
 * The schema's name as it stands in statements: quoted, so that any name is only a name.
 *
 * @param schema 1–63 bytes (PostgreSQL cuts longer ones, and two schemas could become one)
 * @throws TypeError when PostgreSQL could not have such a schema
 */
export function quotedSchema(schema: string): string {
  const bytes = Buffer.byteLength(schema);
  if (bytes < 1 || bytes > 63 || schema.includes('\0') || schema.startsWith('pg_'))
    throw new TypeError(`options.schema must be a name of 1–63 bytes that does not begin with pg_, not '${schema}'`);
  return `"${schema.replaceAll('"', '""')}"`;
}
