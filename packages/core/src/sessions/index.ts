export * from './memory-session-store.ts';
export * from './memory-subject-store.ts';
export * from './session-store.ts';
export * from './sessions.ts';
export * from './subject-store.ts';
