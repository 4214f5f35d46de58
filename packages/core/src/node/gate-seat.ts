import type { IncomingMessage } from 'node:http';
import { type Passage, type Seat, seatOfRaw, takeSeat } from '../http/index.ts';
import type { Capture } from './capture.ts';

/** A request's seat, with the answer that is being watched. */
export interface GateSeat extends Seat {
  /** Whose it is: an app may have two, with other hosts, tenants and keys. */
  readonly entry: object;
  /** The route's template when the policy names it. */
  readonly route: string | undefined;
  passage: Passage | undefined;
  capture: Capture | undefined;
  /** The capture of an earlier door: that one's passage is not this one's to end. */
  readonly outer: Capture | undefined;
  /** Whether a door, or the front, has put the exchange's headers on the answer. */
  put: boolean;
}

/** The seat that a door took. */
export function gateSeatOf(request: IncomingMessage): GateSeat | undefined {
  return seatOfRaw(request) as GateSeat | undefined;
}

/** What a seat is taken with; `outer` is what an earlier door is watching. */
export interface GateSeatParts extends Pick<GateSeat, 'entry' | 'exchange' | 'route'> {
  readonly outer?: Capture | undefined;
  readonly put?: boolean;
}

/** Seats a request. */
export function takeGateSeat(request: IncomingMessage, parts: GateSeatParts): GateSeat {
  const { entry, exchange, route, outer, put = false } = parts;
  return takeSeat<GateSeat>(request, { exchange, entry, route, passage: undefined, capture: outer, outer, put });
}
