export * from './revocation-knowledge.ts';
export * from './revocation-store.ts';
