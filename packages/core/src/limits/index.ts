/**
 * Limits: how many permits a caller has, and when they come back.
 * @packageDocumentation
 */
export * from './limit-store.ts';
export { type MemoryLimitStore, type MemoryLimitStoreOptions, memoryLimitStore } from './memory-limit-store.ts';
