export * from './account-store.ts';
export * from './memory-account-store.ts';
