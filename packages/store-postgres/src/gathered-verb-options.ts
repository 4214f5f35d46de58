import type { MonotonicClock } from '@castellan/core/kernel';
import type { GroupMode } from './driver/group-commit.ts';

/** How the verbs that gather are carried out. */
export interface GatheredVerbOptions {
  readonly mode: GroupMode;
  readonly maxFlights: number;
  readonly clock: MonotonicClock;
}
