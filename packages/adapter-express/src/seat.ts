import type { IncomingMessage } from 'node:http';
import { type Seat, seatOfRaw } from '@castellan/core/http';
import type { Capture } from './capture.ts';

/** A request's seat, with the answer that is being watched. */
export interface GateSeat extends Seat {
  capture: Capture | undefined;
}

/** The seat that a guard or `authRoutes` of this package took. */
export function gateSeatOf(req: IncomingMessage): GateSeat | undefined {
  return seatOfRaw(req) as GateSeat | undefined;
}
