import type { AccountStore } from './account-store.ts';
import type { PasswordHasher } from './password-hasher.ts';

/** A password that was right, though its hash is not as hashes are made today. */
export interface Outdated {
  readonly tenant: string;
  readonly id: string;
  /** The hash that it was checked against: replaced only while it is still there. */
  readonly from: string;
  readonly password: string;
}

/** Replaces outdated hashes behind answers that are given already. */
export interface Rehashing {
  /** Begins one. Its failure is nobody's: the next sign-in begins another. */
  begin(outdated: Outdated): void;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
}

/** Makes it. Re-hashes wait at the gate like everybody, and give way when it is full. */
export function createRehashing({
  store,
  hasher,
}: {
  readonly store: Pick<AccountStore, 'rehash'>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
}): Rehashing {
  const underWay = new Map<string, Promise<void>>();
  const rehash = async ({ tenant, id, from, password }: Outdated): Promise<void> => {
    try {
      await store.rehash({ tenant, id, from, to: await hasher.hash(password) });
    } catch {
      // overloaded, or the store is away
    } finally {
      underWay.delete(id);
    }
  };
  return {
    begin(outdated) {
      if (!underWay.has(outdated.id)) underWay.set(outdated.id, rehash(outdated));
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
  };
}
