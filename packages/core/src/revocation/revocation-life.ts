/**
 * How long a revocation is kept, in milliseconds, whatever the life of access tokens is set to: the longest one
 * allowed, 60 minutes, and one. Afterwards no token that it concerns can live.
 */
export const REVOCATION_LIFE_MS: number = 61 * 60_000;
