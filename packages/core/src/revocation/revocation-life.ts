/**
 * How long a revocation is kept, ms: 61 minutes, the longest access token that a configuration may ask for and one
 * minute, whatever the setting was when the token was issued.
 */
export const REVOCATION_LIFE_MS: number = 61 * 60_000;
