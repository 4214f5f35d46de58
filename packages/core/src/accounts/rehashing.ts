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
  const underWay = new Map<string, Promise<void>>(); // by account id: a UUID, so tenants don't meet
  const rehash = async ({ tenant, id, from, password }: Outdated): Promise<void> => {
    try {
      await store.rehash({ tenant, id, from, to: await hasher.hash(password) });
    } catch {
      // overloaded, or the store is away
    }
  };
  return {
    begin(outdated) {
      const { id } = outdated;
      if (underWay.has(id)) return;
      underWay.set(
        id,
        rehash(outdated).finally(() => underWay.delete(id)),
      );
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
  };
}
