/**
 * Revocations: the port, what this process knows of them, and the feed that keeps the knowledge fresh.
 * @packageDocumentation
 */
export * from './memory-revocation-store.ts';
export * from './revocation-feed.ts';
export * from './revocation-knowledge.ts';
export * from './revocation-life.ts';
export * from './revocation-map.ts';
export * from './revocation-store.ts';
export * from './revocations.ts';
