import type { LimitAnswer } from '../limit-store.ts';
import type { Pending } from './deadline-queue.ts';

/** One who waits for an answer. */
export interface Passenger extends Pending {
  done: boolean;
  readonly times: number;
  /** `undefined`: the store has not answered in time. */
  settle: (answer: LimitAnswer | undefined) => void;
  fail: (error: unknown) => void;
}

/** Makes one who waits. */
export function passenger(times: number, settle: Passenger['settle'], fail: Passenger['fail']): Passenger {
  return { done: false, lateAt: 0, times, settle, fail, expire };
}

/** Answers, unless somebody has before. */
export function settleOne(one: Passenger, answer: LimitAnswer | undefined): void {
  if (one.done) return;
  const { settle } = one;
  leave(one);
  settle(answer);
}

/** Answers that the store has not. */
export function settleAll(passengers: readonly Passenger[]): void {
  for (const one of passengers) settleOne(one, undefined);
}

/** Answers with a mistake. */
export function failAll(passengers: readonly Passenger[], error: unknown): void {
  for (const one of passengers) {
    if (one.done) continue;
    const { fail } = one;
    leave(one);
    fail(error);
  }
}

/** Queues hold who is done for a while: what answered it must not live as long, or the collector copies it every time. */
function leave(one: Passenger): void {
  one.done = true;
  one.settle = nothing;
  one.fail = nothing;
}

const nothing = (): void => {};

function expire(pending: Pending): void {
  settleOne(pending as Passenger, undefined);
}
