import type { Clock, MonotonicClock } from '../kernel/index.ts';
import type { RevocationKnowledge } from './revocation-knowledge.ts';
import type { Revocation, RevocationKind } from './revocation-store.ts';

/** Live revocations in memory: look-ups by tenant and key, no I/O. */
export interface RevocationMap extends Pick<RevocationKnowledge, 'apply' | 'verdict'> {
  /**
   * Begins anew with all that is live: first poll, or a store that went back in time. What was learned since the poll
   * was sent stays, for the seed may be older than this process's own verbs.
   *
   * @param sentAt monotonic ms
   */
  seed(entries: readonly Revocation[], sentAt: number): void;
  /** How many revocations are known. */
  size(): number;
}

/** What {@link createRevocationMap} is made from. */
export interface RevocationMapOptions {
  /** The store's clock as this process knows it, Unix ms: `expiresAt` is in its time. */
  readonly now: Clock;
  readonly monotonic: MonotonicClock;
}

interface Known {
  /** `null` for a session and a `jti`. */
  readonly epoch: number | null;
  /** Unix ms. */
  readonly expiresAt: number;
  /** Monotonic ms. */
  readonly learnedAt: number;
}

/** By the revocation's key. */
type ByKey = Map<string, Known>;
type ByKind = Readonly<Record<RevocationKind, ByKey>>;

/** Entries looked at for expiry in one call, besides two for each that is applied: the work of a call is bounded. */
const SWEEP = 64;

/** Makes a {@link RevocationMap}. */
export function createRevocationMap({ now, monotonic }: RevocationMapOptions): RevocationMap {
  const tenants = new Map<string, ByKind>();
  let walk = everything(tenants);
  let size = 0;

  function learn({ tenant, kind, key, epoch, expiresAt }: Revocation, learnedAt: number): void {
    const kinds = tenants.get(tenant) ?? emptyKinds();
    tenants.set(tenant, kinds);
    const before = kinds[kind].get(key);
    if (!before) size++;
    kinds[kind].set(key, {
      epoch: larger(before?.epoch, epoch),
      expiresAt: Math.max(before?.expiresAt ?? 0, expiresAt),
      learnedAt,
    });
  }

  function sweep(steps: number): void {
    const time = now();
    for (let step = 0; step < steps; step++) {
      const next = walk.next();
      if (next.done) {
        walk = everything(tenants);
        return;
      }
      const { byKey, key, known } = next.value;
      if (known.expiresAt <= time && byKey.delete(key)) size--;
    }
  }

  const map: RevocationMap = {
    apply(entries) {
      const [time, learnedAt] = [now(), monotonic()];
      for (const entry of entries) if (entry.expiresAt > time) learn(entry, learnedAt);
      sweep(SWEEP + 2 * entries.length);
    },
    seed(entries, sentAt) {
      for (const { byKey, key, known } of everything(tenants))
        if (known.learnedAt < sentAt && byKey.delete(key)) size--;
      map.apply(entries);
    },
    verdict(token) {
      const kinds = tenants.get(token.tenant);
      if (!kinds) return 'live';
      if (kinds.session.has(token.sessionId) || kinds.jti.has(token.jti)) return 'revoked';
      if (token.userEpoch < (kinds.auth_epoch.get(token.subject)?.epoch ?? 0)) return 'revoked';
      return token.claimsEpoch < (kinds.claims_epoch.get(token.subject)?.epoch ?? 0) ? 'stale' : 'live';
    },
    size() {
      return size;
    },
  };
  return map;
}

function emptyKinds(): ByKind {
  return { jti: new Map(), session: new Map(), auth_epoch: new Map(), claims_epoch: new Map() };
}

/** Entries in any order, deletions allowed on the way; a tenant that is found empty goes. */
function* everything(tenants: Map<string, ByKind>): Generator<{ byKey: ByKey; key: string; known: Known }, undefined> {
  for (const [tenant, kinds] of tenants) {
    for (const byKey of Object.values(kinds)) for (const [key, known] of byKey) yield { byKey, key, known };
    // a walk may be old: the tenant can have been dropped and made anew since
    if (Object.values(kinds).every((byKey) => byKey.size === 0) && tenants.get(tenant) === kinds)
      tenants.delete(tenant);
  }
}

function larger(a: number | null | undefined, b: number | null): number | null {
  return a == null ? b : Math.max(a, b ?? a);
}
