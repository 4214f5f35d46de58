import { StoreUnavailableError } from '@castellan/core/kernel';
import type { LimitAnswer, LimitBucket, LimitCheck, LimitStore, TakenPermits } from '@castellan/core/limits';
import { askAgain } from './ask-again.ts';
import { readBytes, readInt, readIntOrNull } from './driver/columns.ts';
import type { Runner, RunOptions } from './driver/driver.ts';
import { groupCommit } from './driver/group-commit.ts';
import type { Statement } from './driver/statement.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { apartByKey, distinctKeys } from './limit-batch.ts';
import { limitBudget, limitSlots } from './limit-budget.ts';
import { onlyRow } from './only-row.ts';
import { refusedLately } from './refused-lately.ts';
import { HOT_MS } from './run-options.ts';
import { type LimitCall, limitBucketValues, limitKey, limitNumbers } from './sql/limit-buckets.ts';
import { type LimitConsumeAllRow, limitConsumeAllStatement, limitSeedStatement } from './sql/limit-consume.ts';
import { AT, GRANTED } from './sql/limit-decision.ts';
import { limitGiveBackStatement } from './sql/limit-give-back.ts';
import { isQuick, limitQuickStatements } from './sql/limit-quick.ts';
import { type LimitRow, limitReadStatement } from './sql/limit-read.ts';
import {
  type LimitUpsert,
  type LimitUpsertRow,
  limitUpsertManyValues,
  limitUpserts,
  limitUpsertValues,
  type SingleCall,
} from './sql/limit-upsert.ts';

/** What a {@link limitStore} is made of. */
export interface LimitStoreOptions extends GatheredVerbOptions {
  /** How long a call may take whose caller says nothing of it, ms. */
  readonly deadlineMs: number;
  /** For tests: the time in whole microseconds. */
  readonly now: (() => number) | undefined;
}

/** `undefined`: in a new statement. */
type Decided = readonly (LimitAnswer | undefined)[];

/** Until when its caller waits, by the clock of this process, ms: after that it is not sent any more. */
type Timed<C> = C & { readonly end: number };

/**
 * Limits on PostgreSQL. Checks of different keys gather: one statement decides on many, an upsert on those of one budget,
 * one that locks first on those of several.
 */
export function limitStore(runner: Runner, s: string, options: LimitStoreOptions): LimitStore {
  const { mode, maxFlights, clock, deadlineMs: ownDeadlineMs, now } = options;
  const upserts = limitUpserts(s);
  const quick = limitQuickStatements(s);
  const consumeAll = limitConsumeAllStatement(s);
  const seed = limitSeedStatement(s);
  const read = limitReadStatement(s);
  const giveBack = limitGiveBackStatement(s);
  const refused = refusedLately(clock);
  const fixed = (): number | null => now?.() ?? null;
  const how = (retry: RunOptions['retry'], end: number): RunOptions => {
    const withinMs = end - clock();
    if (withinMs <= 0) throw tooLate();
    return { retry, timeoutMs: Math.min(HOT_MS, ownDeadlineMs), withinMs };
  };

  /** The usual case first; what it leaves open is decided by the text that knows all. */
  async function takeSingle(one: Statement, check: Timed<SingleCall>): Promise<LimitAnswer> {
    const [{ rule }] = check.buckets;
    const { kind, limit } = limitNumbers(rule);
    const values = limitUpsertValues(check, fixed());
    const usual = quick[kind];
    if (usual && isQuick(check, limit)) {
      const [row] = await runner.run<LimitUpsertRow>(usual, values, how('never', check.end));
      const answer = row && takenOf(check, row);
      if (answer && (answer.granted > 0 || check.times === 1)) return answer;
    }
    return takenOf(check, onlyRow(await runner.run<LimitUpsertRow>(one, values, how('never', check.end))));
  }

  /** @param checks of one budget each, all of one kind, whose keys all differ */
  async function takeSingles({ one, many }: LimitUpsert, checks: readonly Timed<SingleCall>[]): Promise<Decided> {
    const [only] = checks;
    if (only && checks.length === 1) return [await takeSingle(one, only)];
    const until = how('never', latest(checks));
    const rows = await runner.run<LimitUpsertRow>(many, limitUpsertManyValues(checks, fixed()), until);
    const byKey = new Map(rows.map((row) => [textOf(readBytes(row.key)), row]));
    return checks.map((check) => {
      const row = byKey.get(textOf(limitKey(check.buckets[0].key)));
      return row && takenOf(check, row);
    });
  }

  /** @param checks all of whose keys differ */
  async function takeAll(checks: readonly Timed<LimitCheck>[]): Promise<Decided> {
    const end = latest(checks);
    const lists = limitBucketValues(checks);
    const rows = byPlace(await runner.run<LimitConsumeAllRow>(consumeAll, [...lists, fixed()], how('never', end)));
    const answers = eachCheck(checks, rows, (check, own) => {
      const granted = readIntOrNull(own[0]?.granted ?? null);
      return granted === null ? undefined : answerOf(check, own, granted);
    });
    if (answers.includes(undefined)) await runner.run(seed, [...lists, fixed()], how('idempotent', end));
    return answers;
  }

  /** Without a lock: how the budgets of a check stand, and how many would pass. */
  async function look(check: LimitCheck, end: number): Promise<LimitAnswer> {
    const rows = byPlace(await runner.run<LimitRow>(read, [...limitBucketValues([check]), fixed()], how('read', end)));
    const answer = answerOf(check, rows, 0);
    const fits = check.buckets.map(({ cost }, i) =>
      cost === 0 ? check.times : Math.floor((answer.buckets[i]?.remaining ?? 0) / cost),
    );
    return { ...answer, granted: Math.min(check.times, ...fits) };
  }

  const gathered = <C extends LimitCheck>(
    take: (checks: readonly Timed<C>[]) => Promise<Decided>,
    single: (check: Timed<C>) => Promise<LimitAnswer>,
  ) =>
    groupCommit<Timed<C>, LimitAnswer | 'late'>({
      mode,
      maxFlights,
      key: ({ buckets }) => buckets[0]?.key ?? '',
      expired() {
        const time = clock();
        return ({ end }) => (end <= time ? { result: 'late' } : undefined);
      },
      single,
      // two that share a key can't be in one statement: the second is asked alone
      async batch(checks) {
        const flying = [...distinctKeys(checks)];
        const answers = await take(flying);
        const byCheck = new Map(flying.map((check, i) => [check, answers[i]]));
        return checks.map((check) => byCheck.get(check));
      },
    });
  const takeOne = upserts.map((texts) =>
    gathered<SingleCall>(
      (checks) => takeSingles(texts, checks),
      (check) => takeSingle(texts.one, check),
    ),
  );
  const takeSeveral = gathered(takeAll, (check) => inNewStatement(() => takeAll([check])));

  async function decide(check: LimitCheck, end: number): Promise<LimitAnswer> {
    const { buckets } = check;
    const charges = buckets.some(({ cost }) => cost > 0) && !buckets.some(isTooDear);
    // one row that all callers of a crowd want to lock is the slowest thing that can happen to it
    if (!charges || buckets.some(({ key }) => refused.has(key))) {
      const answer = await look(check, end);
      if (!charges || answer.granted === 0) return answer;
    }
    const [only, ...others] = buckets;
    const take = only && others.length === 0 ? takeOne[limitNumbers(only.rule).kind] : undefined;
    const times = check.times;
    const answer = await (only && take ? take({ buckets: [only], times, end }) : takeSeveral({ ...check, end }));
    if (answer === 'late') throw tooLate();
    if (answer.granted < times)
      for (const [i, { key }] of check.buckets.entries()) refused.remember(key, answer.buckets[i]?.retryMs ?? 0);
    return answer;
  }

  return {
    async consume(checks, deadlineMs = ownDeadlineMs) {
      const end = clock() + deadlineMs;
      const [only] = checks;
      if (only && checks.length === 1) return [await decide(only, end)];
      const answers = new Map<LimitCheck, LimitAnswer>();
      for (const apart of apartByKey(checks)) {
        const told = await Promise.all(apart.map((check) => decide(check, end)));
        for (const [i, check] of apart.entries()) {
          const answer = told[i];
          if (answer) answers.set(check, answer);
        }
      }
      return checks.flatMap((check) => answers.get(check) ?? []);
    },
    async giveBack(calls: readonly TakenPermits[], deadlineMs = ownDeadlineMs) {
      const end = clock() + deadlineMs;
      for (const apart of apartByKey(calls)) {
        const times = apart.flatMap(({ buckets, at }) => buckets.map(() => at));
        await runner.run(giveBack, [...limitBucketValues(apart), fixed(), times], how('never', end));
      }
    },
  };
}

function tooLate(): StoreUnavailableError {
  return new StoreUnavailableError('postgres', 'not asked: the deadline was over before');
}

/** A flight waits as long as the most patient of its callers. */
function latest(checks: readonly Timed<unknown>[]): number {
  return checks.reduce((most, { end }) => Math.max(most, end), 0);
}

/** What a statement could not see is there in the next one: a row that was made meanwhile. */
function inNewStatement(take: () => Promise<Decided>): Promise<LimitAnswer> {
  return askAgain(
    async () => (await take())[0] ?? 'ask_again',
    () => {
      throw new StoreUnavailableError('postgres', 'a new row was there and gone, again and again');
    },
  );
}

/** It never fits. */
function isTooDear({ rule, cost }: LimitBucket): boolean {
  return cost > limitNumbers(rule).limit;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** What an upsert has written tells what it granted and when. */
function takenOf({ buckets }: SingleCall, row: LimitUpsertRow): LimitAnswer {
  const slots = limitSlots(row.slots);
  const [granted, at] = [readInt(slots[GRANTED]), readInt(slots[AT])];
  return { granted, buckets: [limitBudget(buckets[0], slots, at)], at };
}

function byPlace<R extends { readonly ord: unknown }>(rows: readonly R[]): readonly R[] {
  return rows.toSorted((a, b) => readInt(a.ord) - readInt(b.ord));
}

function eachCheck<R, T>(
  checks: readonly LimitCall[],
  rows: readonly R[],
  read: (check: LimitCall, own: readonly R[]) => T,
): readonly T[] {
  let place = 0;
  return checks.map((check) => {
    const own = rows.slice(place, place + check.buckets.length);
    place += check.buckets.length;
    return read(check, own);
  });
}

function answerOf({ buckets }: LimitCall, rows: readonly Omit<LimitRow, 'ord'>[], granted: number): LimitAnswer {
  const at = readInt(rows[0]?.now ?? 0);
  return {
    granted,
    buckets: buckets.map((bucket, i) => limitBudget(bucket, limitSlots(rows[i]?.slots ?? null), at)),
    at,
  };
}
