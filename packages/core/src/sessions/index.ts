export * from './session-store.ts';
export * from './sessions.ts';
export * from './subject-store.ts';
