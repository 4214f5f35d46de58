import { expect, test } from 'vitest';
import type { Statement } from '../driver/statement.ts';
import { changePasswordStatement, passwordChangedStatement } from './account-change-password.ts';
import {
  accountCreateStatement,
  accountInsertStatement,
  accountKnownStatement,
  accountSessionStatement,
} from './account-create.ts';
import { credentialByEmailStatement, credentialByIdStatement } from './account-read.ts';
import { accountRehashStatement } from './account-rehash.ts';
import { accountUpdateRecallStatement, accountUpdateStatement } from './account-update.ts';
import { auditAppendStatement, auditRecallStatement } from './audit-append.ts';
import { auditQueryStatements } from './audit-query.ts';
import { limitConsumeAllStatement, limitSeedStatement } from './limit-consume.ts';
import { limitGiveBackStatement } from './limit-give-back.ts';
import { limitQuickStatements } from './limit-quick.ts';
import { limitReadStatement } from './limit-read.ts';
import { limitSizeStatement, limitSweepStatement } from './limit-sweep.ts';
import { limitUpserts } from './limit-upsert.ts';
import { quotedSchema } from './quoted-schema.ts';
import {
  accountSettledStatement,
  sessionSettledStatement,
  sessionsSettledStatement,
  subjectSettledStatement,
} from './recall.ts';
import { restoredStatement } from './restored.ts';
import { revocationCheckStatement } from './revocation-check.ts';
import { revocationPollStatement, revocationSeedStatement } from './revocation-poll.ts';
import { listStatement } from './session-list.ts';
import { refreshStatement } from './session-refresh.ts';
import { refreshBatchStatement } from './session-refresh-batch.ts';
import { refreshBatchRecallStatement, refreshRecallStatement } from './session-refresh-recall.ts';
import { revokeRecallStatement, revokeStatement } from './session-revoke.ts';
import { revokeOthersRecallStatement, revokeOthersStatement } from './session-revoke-others.ts';
import { startStatement } from './session-start.ts';
import { startBatchStatement } from './session-start-batch.ts';
import { useRecallStatement, useStatement } from './session-use.ts';
import { useBatchStatement } from './session-use-batch.ts';
import { subjectChangeStatement, subjectChanges, subjectRecallStatement } from './subject-change.ts';
import { subjectPutStatement } from './subject-put.ts';
import { subjectReadStatement } from './subject-read.ts';
import { sweepStatements } from './sweep.ts';

const makers: readonly ((s: string) => Statement)[] = [
  refreshStatement,
  refreshBatchStatement,
  useStatement,
  useBatchStatement,
  startStatement,
  startBatchStatement,
  revokeStatement,
  revokeOthersStatement,
  listStatement,
  subjectReadStatement,
  subjectPutStatement,
  ...Object.values(subjectChanges).map((change) => (s: string) => subjectChangeStatement(s, change)),
  accountCreateStatement,
  accountInsertStatement,
  accountSessionStatement,
  accountKnownStatement,
  credentialByEmailStatement,
  credentialByIdStatement,
  accountUpdateStatement,
  accountRehashStatement,
  changePasswordStatement,
  passwordChangedStatement,
  auditAppendStatement,
  revocationPollStatement,
  revocationSeedStatement,
  revocationCheckStatement,
  restoredStatement,
  sessionSettledStatement,
  sessionsSettledStatement,
  subjectSettledStatement,
  accountSettledStatement,
  refreshRecallStatement,
  refreshBatchRecallStatement,
  useRecallStatement,
  revokeRecallStatement,
  revokeOthersRecallStatement,
  subjectRecallStatement,
  accountUpdateRecallStatement,
  auditRecallStatement,
  limitConsumeAllStatement,
  limitSeedStatement,
  limitReadStatement,
  limitGiveBackStatement,
  limitSizeStatement,
  limitSweepStatement,
];
const statements = (schema: string): readonly Statement[] => {
  const s = quotedSchema(schema);
  const upserts = [...limitQuickStatements(s), ...limitUpserts(s).flatMap(({ one, many }) => [one, many])];
  return [...makers.map((make) => make(s)), ...upserts, ...sweepStatements(s)];
};
const tables =
  /(?:from|join|into|update)\s+(?!lateral\b|unnest\b)(?:"?\w+"?\.)?"?(?:session|subject|account|revocation|audit_event|one_time_token|idempotency_key|rate_limit)"?\b/gi;

test('every table is named with its schema: search_path never decides what a statement reads', () => {
  for (const { text } of statements('castellan'))
    for (const [mention] of text.matchAll(tables)) expect(mention).toMatch(/"castellan"\./);
});

test('one schema’s statements have the same names in every process, and no two are the same', () => {
  const names = statements('castellan').map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(statements('castellan').map(({ name }) => name)).toEqual(names);
  expect(statements('other').map(({ name }) => name)).not.toContain(names[0]);
});

test('names fit into what PostgreSQL keeps of an identifier', () => {
  for (const { name } of statements('x'.repeat(63))) expect(name.length).toBeLessThan(64);
});

test('no statement asks for all columns of a table: a new one would break its cached plans', () => {
  for (const { text } of statements('castellan'))
    expect(text).not.toMatch(/\bs\.\*|\bu\.\*|returning \*|select \* from "/);
});

test('predicates of partial indexes are literal: a parameter in their place would hide the index from a generic plan', () => {
  const s = quotedSchema('castellan');
  expect(listStatement(s).text).toContain('s.revoked_at is null');
  expect(credentialByEmailStatement(s).text).toContain('a.deleted_at is null');
});

test('a set of audit filters is one statement, whatever its values; there are 32', () => {
  const prepare = auditQueryStatements(quotedSchema('castellan'));
  const filters = { actor: 'a', action: 'user.login', outcome: 'success', target: 't', hideRefreshesMs: 1 } as const;
  const names = new Set<string>();
  for (let mask = 0; mask < 32; mask++) {
    const given = Object.fromEntries(Object.entries(filters).filter((_, bit) => mask & (1 << bit)));
    const one = prepare({ tenant: '', limit: 10, ...given });
    const other = prepare({ tenant: 'other', limit: 20, from: 1, to: 2, before: { at: 3, id: 'x' }, ...given });
    expect(other.statement).toBe(one.statement);
    expect(one.values).toHaveLength(new Set(one.statement.text.match(/\$\d+/g)).size);
    names.add(one.statement.name);
  }
  expect(names.size).toBe(32);
});
