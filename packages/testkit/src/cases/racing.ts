import type { StoreHarness, StoreSet } from '../store-harness.ts';

/** Racers of each racing case. */
export const RACERS = 20;

/** Starts all racers at once, spread over the harness's instances; resolves when the last is done. */
export function race<T>(
  harness: StoreHarness,
  act: (stores: StoreSet, racer: number) => Promise<T>,
  racers: number = RACERS,
): Promise<T[]> {
  const { instances } = harness;
  return Promise.all(
    Array.from({ length: racers }, (_, racer) => act(instances[racer % instances.length] ?? instances[0], racer)),
  );
}

/** Runs a race again and again, so that it meets many interleavings. The failing round is named. */
export async function rounds(harness: StoreHarness, act: (round: number) => Promise<void>): Promise<void> {
  const total = harness.rounds ?? 200;
  for (let round = 1; round <= total; round++) {
    try {
      await act(round);
    } catch (error) {
      if (error instanceof Error) error.message = `round ${round} of ${total}: ${error.message}`;
      throw error;
    }
  }
}
