import { type SessionScene, T0 } from './session-scene.cases.ts';

/** Anybody presents anything that was ever given out, the newest most often. */
export type Act =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'refresh'; readonly nth: number; readonly attempt: string | undefined }
  | { readonly do: 'use'; readonly nth: number };

/** What an act came to. */
export interface Fact {
  readonly token: string;
  readonly generation: number;
  readonly outcome: string;
  /** The token of the answer. */
  readonly held: string | undefined;
  /** Ms after the start. */
  readonly at: number;
  /** Birth of the leaf before the act, ms after the start. */
  readonly leafAt: number;
}

/** The generations of all tokens that were ever given out, by name. */
export type Tokens = ReadonlyMap<string, number>;

/**
 * Plays a history and tells each fact.
 *
 * @returns the time at its end, ms after the start
 */
export async function play(
  s: SessionScene,
  history: readonly Act[],
  tell: (fact: Fact, tokens: Tokens) => void,
  from: number = 0,
): Promise<number> {
  let at = from;
  const tokens = new Map([['R0', 0]]);
  for (const [i, act] of history.entries()) {
    if (act.do === 'wait') {
      at += act.ms;
      continue;
    }
    const [token, generation] = [...tokens].at(-1 - (act.nth % tokens.size)) ?? ['R0', 0];
    const leafAt = s.row().leafAt - T0;
    if (act.do === 'use') {
      tell({ token, generation, outcome: await s.use(token, { at }), held: undefined, at, leafAt }, tokens);
      continue;
    }
    const answer = await s.refresh(token, `T${i}`, { at, ...(act.attempt && { attempt: act.attempt }) });
    const held = s.held(answer);
    if ('session' in answer && held !== undefined && !tokens.has(held)) tokens.set(held, answer.session.generation);
    tell({ token, generation, outcome: answer.outcome, held, at, leafAt }, tokens);
  }
  return at;
}
