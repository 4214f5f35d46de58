import type { LimitHarness } from '../../limit-harness.ts';
import { playSequence } from './sequence.ts';

/** Sequences that are played side by side. */
const LANES = 32;

/** Against the reference model. */
export const comparedCases: Readonly<Record<string, (harness: LimitHarness) => Promise<void>>> = {
  'random sequences get the answers of a plain log': async (harness) => {
    const { sequences = 10_000 } = harness;
    let seed = 0;
    const lane = async (): Promise<void> => {
      while (seed < sequences) await playSequence(seed++, harness);
    };
    await Promise.all(Array.from({ length: Math.min(LANES, sequences) }, lane));
  },
};
