import type { LimitAnswer, LimitCheck } from '../limit-store.ts';
import type { Pending } from './deadline-queue.ts';

/** One who waits for an answer. There is one for each check: no closures are made for it but those of its promise. */
export interface Passenger extends Pending {
  done: boolean;
  readonly times: number;
  /**
   * How it is told. Let go of as soon as it was: queues hold who is done for a while, and what they hold the collector
   * copies every time.
   */
  ticket: Ticket | undefined;
}

/** A check and who wants to know what became of it. */
export interface Ticket {
  readonly check: LimitCheck;
  /** Makes of an answer what is waited for; `undefined`: the store has not answered in time. */
  readonly read: (check: LimitCheck, answer: LimitAnswer | undefined) => unknown;
  readonly resolve: (read: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes one who waits. */
export function passenger(ticket: Ticket): Passenger {
  return { done: false, lateAt: 0, times: ticket.check.times, ticket, expire };
}

/** Answers, unless somebody has before; `undefined`: the store has not. */
export function settleOne(one: Passenger, answer: LimitAnswer | undefined): void {
  const { ticket } = one;
  if (!ticket) return;
  leave(one);
  ticket.resolve(ticket.read(ticket.check, answer));
}

/** Answers that the store has not. */
export function settleAll(passengers: readonly Passenger[]): void {
  for (const one of passengers) settleOne(one, undefined);
}

/** Answers with a mistake. */
export function failAll(passengers: readonly Passenger[], error: unknown): void {
  for (const one of passengers) {
    const { ticket } = one;
    leave(one);
    ticket?.reject(error);
  }
}

function leave(one: Passenger): void {
  one.done = true;
  one.ticket = undefined;
}

function expire(pending: Pending): void {
  settleOne(pending as Passenger, undefined);
}
