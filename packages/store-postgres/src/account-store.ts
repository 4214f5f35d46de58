import type { Account, AccountStore, CreateAccountCall, CreateAccountOutcome } from '@castellan/core/accounts';
import type { Driver, Runner } from './driver/driver.ts';
import { onlyRow } from './only-row.ts';
import { hot, reading, repeatable } from './run-options.ts';
import {
  changePasswordStatement,
  changePasswordValues,
  passwordChangedStatement,
  passwordChangedValues,
  readChangedPassword,
} from './sql/account-change-password.ts';
import {
  type AccountCreateRow,
  accountCreateStatement,
  accountCreateValues,
  accountInsertStatement,
  accountKnownStatement,
  accountSessionStatement,
  readCreated,
} from './sql/account-create.ts';
import { credentialByEmailStatement, credentialByIdStatement } from './sql/account-read.ts';
import { accountRehashStatement } from './sql/account-rehash.ts';
import { type AccountRow, type CredentialRow, readAccount, readCredential } from './sql/account-row.ts';
import {
  accountUpdateRecallStatement,
  accountUpdateRecallValues,
  accountUpdateStatement,
  accountUpdateValues,
} from './sql/account-update.ts';
import { boundId } from './sql/bound.ts';
import type { IssuedRow } from './sql/issued-session.ts';
import { accountSettledStatement } from './sql/recall.ts';

/** Accounts on PostgreSQL. One verb, one statement; `create` with the caller's own writes is one transaction. */
export function accountStore<Tx>(driver: Driver<Tx>, s: string): AccountStore<Tx> {
  const create = accountCreateStatement(s);
  const insert = accountInsertStatement(s);
  const session = accountSessionStatement(s);
  const known = accountKnownStatement(s);
  const byEmail = credentialByEmailStatement(s);
  const byId = credentialByIdStatement(s);
  const update = accountUpdateStatement(s);
  const updatedBefore = accountUpdateRecallStatement(s);
  const settled = accountSettledStatement(s);
  const rehash = accountRehashStatement(s);
  const changePassword = changePasswordStatement(s);
  const changed = passwordChangedStatement(s);

  /** The address is taken: by this very call, whose answer was lost, or by another. */
  const taken = async (runner: Runner, call: CreateAccountCall): Promise<CreateAccountOutcome> => {
    // a new statement, for the row that stood in the way may have been invisible to the first
    const [row] = await runner.run<AccountCreateRow>(known, accountCreateValues(call), reading);
    return row ? readCreated(row) : { outcome: 'email_taken' };
  };
  const credential = async (statement: typeof byId, tenant: string, key: string | null) => {
    const [row] = await driver.run<CredentialRow>(statement, [tenant, key], reading);
    return row && readCredential(row);
  };

  const createAtOnce = async (call: CreateAccountCall): Promise<CreateAccountOutcome> => {
    const [row] = await driver.run<AccountCreateRow>(create, accountCreateValues(call), hot);
    return row ? readCreated(row) : taken(driver, call);
  };
  const createWithin = (
    call: CreateAccountCall,
    within: (account: Account, transaction: Tx) => Promise<void>,
  ): Promise<CreateAccountOutcome> =>
    driver.transaction(
      async (runner, transaction) => {
        const values = accountCreateValues(call);
        const [row] = await runner.run<AccountRow>(insert, values, repeatable);
        if (!row) return taken(runner, call);
        await within(readAccount(row), transaction);
        return readCreated(onlyRow(await runner.run<AccountCreateRow>(session, values, repeatable)));
      },
      { retry: 'idempotent' },
    );

  return {
    create: (call, within) => (within ? createWithin(call, within) : createAtOnce(call)),
    credentialByEmail: (tenant, emailKey) => credential(byEmail, tenant, emailKey),
    credentialById: (tenant, id) => credential(byId, tenant, boundId(id)),
    async read(tenant, id) {
      return (await credential(byId, tenant, boundId(id)))?.account;
    },
    async update(call) {
      const recall = () => ({
        settled: { statement: settled, values: [call.tenant, boundId(call.id)] },
        answer: { statement: updatedBefore, values: accountUpdateRecallValues(call) },
      });
      const [row] = await driver.run<AccountRow>(update, accountUpdateValues(call), { ...repeatable, recall });
      return row && readAccount(row);
    },
    async rehash({ tenant, id, from, to }) {
      const rows = await driver.run(rehash, [tenant, boundId(id), from, to], repeatable);
      return rows.length > 0;
    },
    async changePassword(call) {
      const [row] = await driver.run<IssuedRow>(changePassword, changePasswordValues(call), repeatable);
      if (row) return readChangedPassword(row, call);
      // refused, or carried out before by this very call, whose answer was lost
      const [before] = await driver.run<IssuedRow>(changed, passwordChangedValues(call), reading);
      return readChangedPassword(before, call);
    },
  };
}
