export * from './endpoint.ts';
export * from './entry.ts';
export * from './exchange.ts';
export * from './guard.ts';
export * from './problem.ts';
