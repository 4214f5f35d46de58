import type { IssuedSession } from '@castellan/core/sessions';
import type { Member } from '../member.ts';
import type { Chance } from './chance.ts';
import { chooseCall, type Step } from './steps.ts';

/** Answers after which a session is over. */
const OVER: readonly unknown[] = ['revoked', 'reuse', 'expired', 'idle', 'displaced', 'unknown', 'user_disabled'];

/** How far the clock moves between two calls, ms: most often within the windows, sometimes to their borders or beyond. */
const PAUSES = [0, 0, 1, 500, 2_000, 4_000, 9_999, 10_000, 10_001, 25_000, 119_999, 120_000, 1_500_000] as const;

/** What has happened, from which the next call is chosen. */
export interface History {
  /** Milliseconds after the member's `t0`. */
  at(): number;
  /** Chooses the next call. */
  next(): Step;
  /** Takes what it was answered. */
  learn(step: Step, answer: unknown): void;
}

/** Begins with the session of the member's registration. */
export function beginHistory(m: Member, chance: Chance): History {
  let held: readonly IssuedSession[] = [m.session];
  let last: Step | undefined;
  let at = 0;
  return {
    at: () => at,
    next() {
      if (last?.repeatable && chance.below(12) === 0) return { ...last, told: `the same again: ${last.told}` };
      at += chance.pick(PAUSES);
      const newest = held[held.length - 1 - chance.below(Math.min(5, held.length))];
      return chooseCall(m, at, newest, chance);
    },
    learn(step, answer) {
      last = step;
      const session = answeredSession(answer);
      if (session) held = [...held, session];
      // an ended session is asked once more now and then, not for the rest of the history
      const over =
        typeof answer === 'object' && answer !== null && 'outcome' in answer && OVER.includes(answer.outcome);
      if (over && chance.below(4) > 0) held = held.filter(({ sessionId }) => sessionId !== step.about);
    },
  };
}

function answeredSession(answer: unknown): IssuedSession | undefined {
  return typeof answer === 'object' && answer !== null && 'session' in answer
    ? (answer.session as IssuedSession)
    : undefined;
}
