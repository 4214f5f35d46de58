import { answers, heads } from './areas/answers.ts';
import type { ParityExchange } from './exchange.ts';

/** Everything that is played, by what it is about. */
export const areas: Readonly<Record<string, readonly ParityExchange[]>> = { answers, heads };
