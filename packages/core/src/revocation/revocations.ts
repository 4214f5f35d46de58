import { createRevocationFeed, type RevocationFeed, type RevocationFeedOptions } from './revocation-feed.ts';
import type { RevocationKnowledge } from './revocation-knowledge.ts';
import { createRevocationMap } from './revocation-map.ts';

/** What this process knows of revocations, kept fresh between `start` and `stop`. */
export type Revocations = RevocationKnowledge & Pick<RevocationFeed, 'start' | 'stop'>;

/** What {@link createRevocations} is made from. */
export type RevocationsOptions = Omit<RevocationFeedOptions, 'map'>;

/** A map of live revocations and the feed that fills it. Opens nothing and starts no timer before `start`. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { storeClock, monotonic } = options;
  const map = createRevocationMap({ now: () => storeClock.now(), monotonic });
  const feed = createRevocationFeed({ ...options, map });
  return {
    apply: (entries) => map.apply(entries),
    verdict: (token) => map.verdict(token),
    ageMs: (wall) => feed.ageMs(wall),
    start: () => feed.start(),
    stop: () => feed.stop(),
  };
}
