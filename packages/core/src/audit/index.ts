/**
 * The ledger: declared actions, entries that can hold no secret, pages.
 * @packageDocumentation
 */
export * from './action-registry.ts';
export * from './audit.ts';
export * from './audit-endpoint.ts';
export * from './audit-guard.ts';
export * from './audit-store.ts';
export * from './library-actions.ts';
export * from './memory-audit-store.ts';
export { safeOrigin } from './safe-origin.ts';
