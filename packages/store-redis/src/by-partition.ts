import { StoreUnavailableError } from '@castellan/core/kernel';
import type { BucketState, LimitAnswer, LimitCheck, TakenPermits } from '@castellan/core/limits';
import type { AskedCheck } from './limits-call.ts';

/** A check's buckets of one partition, which one script can decide on. */
interface Part {
  readonly partition: string;
  /** Their places in the check. */
  readonly places: readonly number[];
}

/** Asks about parts of one partition, in one script. */
export type AskPartition = (checks: readonly AskedCheck[]) => Promise<readonly LimitAnswer[]>;

/** Gives back parts of one partition, in one script; answers how their budgets stand then. */
export type GiveBackPartition = (taken: readonly TakenPermits[]) => Promise<readonly LimitAnswer[]>;

interface Progress {
  readonly check: LimitCheck;
  readonly parts: readonly Part[];
  readonly taken: { readonly part: Part; readonly granted: number; readonly at: number }[];
  readonly states: BucketState[];
  granted: number;
  at: number;
}

/**
 * Decides where each partition is asked in a script of its own. A check of several takes one step for each: a later one
 * is asked for as many as the earlier ones granted, and what these took too much is given back. Nothing is let through
 * that was not taken everywhere; for a round trip an earlier partition may hold less than it could.
 */
export async function consumeByPartition(
  checks: readonly LimitCheck[],
  ask: AskPartition,
  giveBack: GiveBackPartition,
): Promise<readonly LimitAnswer[]> {
  const all = checks.map(
    (check): Progress => ({ check, parts: partsOf(check), taken: [], states: [], granted: check.times, at: 0 }),
  );
  const most = Math.max(0, ...all.map(({ parts }) => parts.length));
  try {
    for (let step = 0; step < most; step++) await takeStep(all, step, ask);
  } catch (error) {
    for (const progress of all) progress.granted = 0;
    // away for this one too: then the permits come back by themselves
    void settle(all, giveBack).catch(() => {});
    throw error;
  }
  await settle(all, giveBack).catch((error: unknown) => {
    if (!(error instanceof StoreUnavailableError)) throw error;
  });
  return all.map(({ granted, states, at }) => ({ granted, buckets: states, at }));
}

async function takeStep(all: readonly Progress[], step: number, ask: AskPartition): Promise<void> {
  const asked = all.flatMap((progress) => {
    const part = progress.parts[step];
    return part ? [{ progress, part }] : [];
  });
  const groups = [...Map.groupBy(asked, ({ part }) => part.partition).values()];
  const tell = async (group: typeof asked): Promise<void> => {
    const answers = await ask(
      group.map(({ progress, part }) => ({ buckets: bucketsOf(progress.check, part), times: progress.granted })),
    );
    for (const [i, { progress, part }] of group.entries()) {
      const answer = answers[i];
      if (!answer) continue;
      const { granted, at } = answer;
      progress.granted = granted;
      if (step === 0) progress.at = at;
      progress.taken.push({ part, granted, at });
      setStates(progress, part, answer);
    }
  };
  const told = await Promise.allSettled(groups.map(tell));
  for (const result of told) if (result.status === 'rejected') throw result.reason;
}

/** Gives back what earlier partitions took and later ones refused. */
async function settle(all: readonly Progress[], giveBack: GiveBackPartition): Promise<void> {
  const surplus = all.flatMap((progress) =>
    progress.taken
      .filter(({ granted }) => granted > progress.granted)
      .map(({ part, granted, at }) => {
        const times = granted - progress.granted;
        return { progress, part, taken: { buckets: bucketsOf(progress.check, part), times, at } };
      }),
  );
  const give = async (group: typeof surplus): Promise<void> => {
    const answers = await giveBack(group.map(({ taken }) => taken));
    for (const [i, { progress, part }] of group.entries()) setStates(progress, part, answers[i]);
  };
  await Promise.all([...Map.groupBy(surplus, ({ part }) => part.partition).values()].map(give));
}

function setStates({ states }: Progress, { places }: Part, answer: LimitAnswer | undefined): void {
  for (const [k, place] of places.entries()) {
    const state = answer?.buckets[k];
    if (state) states[place] = state;
  }
}

/** Gives back where each partition is asked in a script of its own. */
export async function giveBackByPartition(taken: readonly TakenPermits[], giveBack: GiveBackPartition): Promise<void> {
  const parts = taken.flatMap((check) =>
    partsOf(check).map((part) => ({ part, taken: { ...check, buckets: bucketsOf(check, part) } })),
  );
  const groups = [...Map.groupBy(parts, ({ part }) => part.partition).values()];
  await Promise.all(groups.map((group) => giveBack(group.map((one) => one.taken))));
}

function partsOf({ buckets }: LimitCheck): readonly Part[] {
  const byPartition = Map.groupBy(buckets.keys(), (place) => buckets[place]?.partition ?? '');
  return [...byPartition].map(([partition, places]) => ({ partition, places }));
}

function bucketsOf({ buckets }: LimitCheck, { places }: Part): LimitCheck['buckets'] {
  return places.flatMap((place) => buckets[place] ?? []);
}
