import type { IncomingMessage } from 'node:http';
import { type Exchange, type Passage, type Seat, seatOfRaw, takeSeat } from '../http/index.ts';
import type { Capture } from './capture.ts';

/** A request's seat, with the answer that is being watched. */
export interface GateSeat extends Seat {
  /** The route's template when the policy names it. */
  readonly route: string | undefined;
  passage: Passage | undefined;
  capture: Capture | undefined;
  /** The capture of an earlier door: that one's passage is not this one's to end. */
  readonly outer: Capture | undefined;
}

/** The seat that a door took. */
export function gateSeatOf(request: IncomingMessage): GateSeat | undefined {
  return seatOfRaw(request) as GateSeat | undefined;
}

/** Seats a request; `outer` is what an earlier door is watching. */
export function takeGateSeat(
  request: IncomingMessage,
  exchange: Exchange,
  route: string | undefined,
  outer?: Capture,
): GateSeat {
  return takeSeat<GateSeat>(request, { exchange, route, passage: undefined, capture: outer, outer });
}
