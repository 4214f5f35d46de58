import { Problem } from '../http/index.ts';
import type { AccountsParts } from './account-parts.ts';
import type { Owner, UpdateRequest } from './account-requests.ts';
import type { Account } from './account-store.ts';

/** See `Accounts.me`. */
export async function readAccount<Tx>({ store }: AccountsParts<Tx>, { tenant, subject }: Owner): Promise<Account> {
  return found(await store.read(tenant, subject));
}

/** See `Accounts.update`. A patch that says nothing changes nothing and is not recorded. */
export async function updateAccount<Tx>(parts: AccountsParts<Tx>, request: UpdateRequest): Promise<Account> {
  const { principal, patch, origin } = request;
  if (Object.values(patch).every((value) => value === undefined)) return readAccount(parts, principal);
  const { tenant, subject: id } = principal;
  return found(await parts.store.update({ tenant, id, patch, audit: parts.audit.stamp(origin) }));
}

function found(account: Account | undefined): Account {
  if (!account) throw new Problem('not_found');
  return account;
}
