import type { Lease, Leases } from './pool-lease.ts';

/** Reads on one connection at the same time; beyond it the next connection is taken. */
const mostUsers = 64;

/**
 * Leases for reads over a pool of pipelining clients (`new pg.Pool({ pipeline: true })`): reads that are under way at
 * the same time share one connection and cost no round trip each. Only for what neither waits for a lock nor for the
 * disk: a pipeline answers in order, so a durable write in it would make everybody wait for its fsync.
 */
export function sharedReads(leases: Leases): Leases {
  let current: { readonly lease: Promise<Lease>; users: number } | undefined;

  return {
    async checkout(waitMs) {
      if (!current || current.users >= mostUsers) current = { lease: leases.checkout(waitMs), users: 0 };
      const shared = current;
      const retire = (): void => {
        if (current === shared) current = undefined;
      };
      shared.users++;
      let lease: Lease;
      try {
        lease = await shared.lease;
      } catch (error) {
        retire();
        throw error;
      }
      let released = false;
      return {
        query: (query, limitMs) => lease.query(query, limitMs),
        lost: () => lease.lost(),
        release(broken) {
          if (released) return;
          released = true;
          shared.users--;
          if (!broken && shared.users > 0) return;
          retire();
          lease.release(broken);
        },
      };
    },
  };
}
