import { type Clock, systemClock } from '../kernel/index.ts';
import { REVOCATION_LIFE_MS } from './revocation-life.ts';
import type { Revocation, RevocationQuestion, RevocationStore, RevocationTruth } from './revocation-store.ts';

/** What a {@link memoryRevocationStore} can be told. */
export interface MemoryRevocationOptions {
  /** The store's clock. */
  readonly clock?: Clock;
  /** What the store of sessions knows; left out, every session is `unknown`. */
  readonly truth?: (question: RevocationQuestion) => RevocationTruth;
}

/** A {@link RevocationStore} in memory. */
export interface MemoryRevocationStore extends RevocationStore {
  /** Adds one entry at once: how the other memory stores write it in the same step as the revocation itself. */
  write(entry: Revocation): void;
}

/** The revocation feed in memory: what one process's verbs wrote, in the order they wrote it. */
export function memoryRevocationStore(options: MemoryRevocationOptions = {}): MemoryRevocationStore {
  const { clock = systemClock, truth = () => ({ outcome: 'unknown' }) } = options;
  let feed: { readonly order: number; readonly entry: Revocation }[] = []; // oldest first
  let written = 0;
  let newestEnd = 0;

  return {
    write(entry) {
      newestEnd = Math.max(newestEnd, entry.expiresAt);
      feed.push({ order: ++written, entry: { ...entry } });
      // An entry that ends a whole life before the newest is over, by the very clock that wrote both.
      const over = newestEnd - REVOCATION_LIFE_MS;
      if (feed[0] && feed[0].entry.expiresAt <= over)
        feed = feed.filter(({ entry: { expiresAt } }) => expiresAt > over);
    },
    async poll(cursor) {
      const now = clock();
      const seen = cursor !== null && /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.POSITIVE_INFINITY;
      const seeded = seen > written; // no cursor, or one of an earlier life of this store
      const news = feed.filter(({ order, entry }) => (seeded ? entry.expiresAt > now : order > seen));
      return { entries: news.map(({ entry }) => ({ ...entry })), cursor: String(written), now, seeded };
    },
    async check(question) {
      const { tenant, jti } = question;
      const hit = feed.some(({ entry: e }) => e.kind === 'jti' && e.key === jti && e.tenant === tenant);
      return hit ? { outcome: 'revoked' } : truth(question);
    },
  };
}
