import { StoreUnavailableError } from '@castellan/core/kernel';

/** The error of a Redis that cannot serve. Its message names no data: a key's is left to the cause. */
export function redisUnavailable(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  const code = codeOf(error);
  return new StoreUnavailableError('redis', code ? `refused by the server (${code})` : 'the connection failed', {
    cause: error,
  });
}

/** The word that begins an error of the server: `NOSCRIPT`, `CROSSSLOT`, `OOM`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? /^-?([A-Z]{2,})\b/.exec(error.message)?.[1] : undefined;
}
