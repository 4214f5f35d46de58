import type { RunOptions } from './driver/driver.ts';

/** How long a hot statement may take, ms: by its row's key, so only a lock can make it slow. */
export const HOT_MS = 1000;

/** Statements whose repetition is recognised: their ids, hashes and successors were chosen before the call. */
export const hot: RunOptions = { retry: 'idempotent', timeoutMs: HOT_MS };

/** The same for what may touch many rows. */
export const repeatable: RunOptions = { retry: 'idempotent' };

/** Reads. */
export const reading: RunOptions = { retry: 'read' };
