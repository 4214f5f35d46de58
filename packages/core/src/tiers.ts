import type { Tier } from './castellan-options.ts';

/** Tiers as configured, with the one of subjects that have none. */
export interface Tiers {
  readonly tiers: Readonly<Record<string, Tier>>;
  readonly defaultTier: string;
}

/**
 * Checks tiers and completes them.
 * @throws TypeError naming the option that makes no sense
 */
export function readTiers(
  tiers: Readonly<Record<string, Tier>> = { default: { rank: 0 } },
  defaultTier?: string,
): Tiers {
  const names = Object.keys(tiers);
  if (names.length === 0) throw new TypeError('tiers must have at least one tier, or be left out');
  const ranks = new Map<number, string>();
  for (const [name, { rank }] of Object.entries(tiers)) {
    if (!Number.isInteger(rank)) throw new TypeError(`tiers.${name}.rank must be a whole number`);
    const other = ranks.get(rank);
    if (other !== undefined) throw new TypeError(`tiers.${name}.rank is also that of tiers.${other}`);
    ranks.set(rank, name);
  }
  if (defaultTier !== undefined && !names.includes(defaultTier))
    throw new TypeError(`defaultTier must be one of ${names.join(', ')}, not ${JSON.stringify(defaultTier)}`);
  return { tiers, defaultTier: defaultTier ?? (ranks.get(Math.min(...ranks.keys())) as string) };
}
