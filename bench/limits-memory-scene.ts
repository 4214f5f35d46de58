import type { LimitRule } from '@castellan/core/limits';

/** The rules that limiters in memory are compared by. None refuses. */
export const window: LimitRule = { kind: 'window', limit: 1_000_000, windowUs: 60_000_000 };
export const rate: LimitRule = { kind: 'rate', burst: 1_000_000, intervalUs: 60 };
export const quota: LimitRule = { kind: 'quota', limit: 1_000_000, windowUs: 60_000_000 };

/** Flat strings, as addresses and HMACs are: those that are put together from parts are compared slowly. */
export const keyOf = (i: number): string =>
  Buffer.from(`caller-${i.toString(36).padStart(22, '0')}`).toString('latin1');
