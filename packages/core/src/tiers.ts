import { type LimitInput, type LimitPolicy, readLimitPolicies, readLimitPolicy } from './limits/index.ts';

/** A tier: a named rank, and a budget. A higher rank may do what a lower one may. */
export interface Tier {
  readonly rank: number;
  /** How often its callers may come: `'60/1m'`, or several limits. Default that of everybody else. */
  readonly limit?: LimitInput | readonly LimitInput[];
}

/** Tiers as configured, with the one of subjects that have none. */
export interface Tiers {
  readonly tiers: Readonly<Record<string, Tier>>;
  readonly defaultTier: string;
  /**
   * The limits of a tier. Of one that has none, that is no longer configured, and of callers whom nobody knows
   * (`undefined`): those of everybody else.
   */
  readonly limitsOf: (tier: string | undefined) => readonly LimitPolicy[];
  /** Whether any caller has a limit. */
  readonly haveLimits: boolean;
}

/** Callers whose tier says nothing, when any tier says something. */
const EVERYBODY = '60/1m';

/**
 * Checks tiers and completes them.
 *
 * @param everybody the limit of callers without a tier's; default `60/1m` as soon as any tier has one
 * @throws TypeError naming the option that makes no sense
 */
export function readTiers(
  tiers: Readonly<Record<string, Tier>> = { default: { rank: 0 } },
  defaultTier?: string,
  everybody?: LimitInput | false,
): Tiers {
  const names = Object.keys(tiers);
  if (names.length === 0) throw new TypeError('tiers must have at least one tier, or be left out');
  const ranks = new Map<number, string>();
  const limits = new Map<string, readonly LimitPolicy[]>();
  for (const [name, tier] of Object.entries(tiers)) {
    // an option whose names are the app's own takes any member, as far as types can tell
    for (const member of Object.keys(tier))
      if (member !== 'rank' && member !== 'limit') throw new TypeError(`tiers.${name}.${member} is not known`);
    const { rank, limit } = tier;
    if (!Number.isInteger(rank)) throw new TypeError(`tiers.${name}.rank must be a whole number`);
    const other = ranks.get(rank);
    if (other !== undefined) throw new TypeError(`tiers.${name}.rank is also that of tiers.${other}`);
    ranks.set(rank, name);
    if (limit !== undefined) limits.set(name, tierLimits(name, limit));
  }
  if (defaultTier !== undefined && !names.includes(defaultTier))
    throw new TypeError(`defaultTier must be one of ${names.join(', ')}, not ${JSON.stringify(defaultTier)}`);
  const others = everybody ?? (limits.size > 0 && EVERYBODY);
  const ofOthers = others === false ? [] : [readLimitPolicy(others, 'limits.default', { name: 'default' })];
  checkOfCallers(ofOthers, 'limits.default');
  return {
    tiers,
    defaultTier: defaultTier ?? (ranks.get(Math.min(...ranks.keys())) as string),
    limitsOf: (tier) => (tier === undefined ? undefined : limits.get(tier)) ?? ofOthers,
    haveLimits: limits.size > 0 || ofOthers.length > 0,
  };
}

/** The first is named after its tier. A caller whose tier has changed begins the new one's budget. */
function tierLimits(tier: string, limit: NonNullable<Tier['limit']>): readonly LimitPolicy[] {
  const path = `tiers.${tier}.limit`;
  const policies = readLimitPolicies(limit, path, (at) => ({ name: at === 0 ? tier : `${tier} ${at + 1}` }));
  checkOfCallers(policies, path);
  return policies;
}

/** What is charged on every route knows no body, and must not be one budget of all. */
function checkOfCallers(policies: readonly LimitPolicy[], path: string): void {
  for (const { by, name } of policies)
    if (by === 'email' || by === 'route')
      throw new TypeError(`${path} (${name}): a tier limits its callers; by: '${by}' belongs to a route`);
}

/** Four tiers, each with twice the pace of the one before it, and `60/1m` for everybody else. */
export const observatoryTiers: Readonly<Record<'observer' | 'navigator' | 'operator' | 'sovereign', Tier>> = {
  observer: { rank: 0, limit: '30/1m' },
  navigator: { rank: 1, limit: '60/1m' },
  operator: { rank: 2, limit: '120/1m' },
  sovereign: { rank: 3, limit: '240/1m' },
};

/** Three tiers of a product that is sold. */
export const productTiers: Readonly<Record<'free' | 'premium' | 'admin', Tier>> = {
  free: { rank: 0, limit: '60/1m' },
  premium: { rank: 1, limit: '600/1m' },
  admin: { rank: 2, limit: '1200/1m' },
};
