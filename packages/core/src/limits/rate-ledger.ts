import { grown, type Ledger } from './ledger.ts';

/** GCRA: one number a subject, the moment at which all of its permits are back. */
export function rateLedger({ intervalUs, burst }: { readonly intervalUs: number; readonly burst: number }): Ledger {
  const toleranceUs = intervalUs * burst;
  let fullAt = new Float64Array(0);
  return {
    limit: burst,
    remaining(slot, now) {
      const ahead = (fullAt[slot] ?? 0) - now;
      return ahead <= 0 ? burst : Math.max(0, Math.floor((toleranceUs - ahead) / intervalUs));
    },
    charge(slot, permits, now) {
      fullAt[slot] = Math.max(fullAt[slot] ?? 0, now) + permits * intervalUs;
    },
    take(slot, cost, times, now) {
      const before = fullAt[slot] ?? 0;
      let ahead = before > now ? before - now : 0;
      const costUs = cost * intervalUs;
      let granted = times;
      if (costUs > 0) {
        if (ahead + costUs * times > toleranceUs) granted = Math.max(0, Math.floor((toleranceUs - ahead) / costUs));
        if (granted > 0) {
          ahead += granted * costUs;
          fullAt[slot] = now + ahead;
        }
      }
      const room = toleranceUs - ahead;
      const lacks = costUs - room;
      return {
        granted,
        buckets: [
          {
            remaining: room > 0 ? Math.floor(room / intervalUs) : 0,
            resetMs: Math.ceil(ahead / 1000),
            retryMs: lacks <= 0 ? 0 : cost > burst ? Number.POSITIVE_INFINITY : Math.ceil(lacks / 1000),
          },
        ],
        at: now,
      };
    },
    state(slot, cost, now) {
      let ahead = (fullAt[slot] ?? 0) - now;
      if (ahead < 0) ahead = 0;
      const room = toleranceUs - ahead;
      const lacks = cost * intervalUs - room;
      return {
        remaining: room > 0 ? Math.floor(room / intervalUs) : 0,
        resetMs: Math.ceil(ahead / 1000),
        retryMs: lacks <= 0 ? 0 : cost > burst ? Number.POSITIVE_INFINITY : Math.ceil(lacks / 1000),
      };
    },
    giveBack(slot, permits) {
      fullAt[slot] = (fullAt[slot] ?? 0) - permits * intervalUs;
    },
    resetUs: (slot, now) => Math.max(0, (fullAt[slot] ?? 0) - now),
    clear(slot) {
      fullAt[slot] = 0;
    },
    grow(capacity) {
      fullAt = grown(fullAt, capacity);
    },
  };
}
