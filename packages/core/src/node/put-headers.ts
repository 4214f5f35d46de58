import type { Framework } from './framework.ts';
import type { GateSeat } from './gate-seat.ts';

/** Puts the exchange's headers on the answer that the handler is about to prepare; it may override them. */
export type PutHeaders<C> = (carrier: C, seat: GateSeat) => void;

/** By the framework's own way, where it has one; on Node's response otherwise. */
export function putHeadersOf<C>({ putHeaders, response }: Framework<C>): PutHeaders<C> {
  if (putHeaders) return (carrier, { exchange }) => putHeaders(carrier, exchange.headers);
  return (carrier, seat) => {
    const { headers } = seat.exchange;
    const res = response(carrier);
    for (const name in headers) {
      const value = headers[name] as string | readonly string[];
      // each door puts them anew: what is there already costs a look, not the checks of its characters
      if (!seat.put || res.getHeader(name) !== value) res.setHeader(name, value);
    }
    seat.put = true;
  };
}
