import { readInt } from './driver/columns.ts';

/** Puts the answers of a batch at their calls' places (`ord`, from 1); a call that did not come back has none. */
export function placed<Call, Row extends { readonly ord: unknown }, Result>(
  calls: readonly Call[],
  rows: readonly Row[],
  read: (row: Row, call: Call) => Result,
): readonly (Result | undefined)[] {
  const results: (Result | undefined)[] = calls.map(() => undefined);
  for (const row of rows) {
    const place = readInt(row.ord) - 1;
    const call = calls[place];
    if (call !== undefined) results[place] = read(row, call);
  }
  return results;
}

/**
 * The calls that can fly with the first one, and the answers of all: those that cannot are asked alone.
 *
 * @param fits whether a call's settings are the first one's
 */
export async function together<Call, Result>(
  calls: readonly Call[],
  fits: (first: Call, call: Call) => boolean,
  fly: (calls: readonly [Call, ...Call[]]) => Promise<readonly (Result | undefined)[]>,
): Promise<readonly (Result | undefined)[]> {
  const [first, ...rest] = calls;
  if (first === undefined) return [];
  const flying: [Call, ...Call[]] = [first, ...rest.filter((call) => fits(first, call))];
  const answers = await fly(flying);
  if (flying.length === calls.length) return answers;
  const byCall = new Map(flying.map((call, place) => [call, answers[place]]));
  return calls.map((call) => byCall.get(call));
}
