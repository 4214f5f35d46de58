export * from './memory-revocation-store.ts';
export * from './revocation-knowledge.ts';
export * from './revocation-life.ts';
export * from './revocation-store.ts';
