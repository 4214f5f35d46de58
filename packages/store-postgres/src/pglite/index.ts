/**
 * PostgreSQL in process, as the embedded default: a lock on its folder, no starved timers, one crossing a query.
 * @packageDocumentation
 */
export { openPglite, type PgliteHandle, type PgliteOptions } from './open-pglite.ts';
export { ServerError } from './server-error.ts';
