import assert from 'node:assert/strict';

type Named<R, O> = R extends { readonly outcome: infer X } ? (O extends X ? R : never) : never;

/** The result, narrowed to one outcome; fails where the store answered another. */
export function expectOutcome<R extends { readonly outcome: string }, const O extends R['outcome']>(
  result: R,
  outcome: O,
): Named<R, O> {
  assert.equal(result.outcome, outcome);
  return result as unknown as Named<R, O>;
}

/** How often each outcome came: `{ rotate: 1, replay: 19 }`. */
export function countOutcomes(results: readonly { readonly outcome: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Hex of bytes, so that a failure can be read and a driver's own class of bytes does not matter. */
export function hex(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
