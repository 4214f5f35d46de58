import { performance } from 'node:perf_hooks';

/** The wall clock: Unix time in milliseconds. Slices read it once, at the top of a verb, and pass the value down. */
export type Clock = () => number;

/** A clock that never goes backwards: milliseconds since some fixed moment. For ages, deadlines and gaps. */
export type MonotonicClock = () => number;

/** The machine's wall clock. */
export const systemClock: Clock = () => Date.now();

/** The machine's monotonic clock. The global of that name is a getter: a fifth of a call. */
export const monotonicClock: MonotonicClock = () => performance.now();
