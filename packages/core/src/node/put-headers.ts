import type { Headers } from '../http/index.ts';
import type { Framework } from './framework.ts';

/** Puts headers on the answer that the handler is about to prepare; it may override them. */
export type PutHeaders<C> = (carrier: C, headers: Headers) => void;

/** By the framework's own way, where it has one; on Node's response otherwise. */
export function putHeadersOf<C>({ putHeaders, response }: Framework<C>): PutHeaders<C> {
  if (putHeaders) return putHeaders;
  return (carrier, headers) => {
    const res = response(carrier);
    const isFirst = res.getHeaderNames().length === 0;
    for (const name in headers) {
      const value = headers[name] as string | readonly string[];
      // each door puts them anew: what is there already costs a look, not the checks of its characters
      if (isFirst || res.getHeader(name) !== value) res.setHeader(name, value);
    }
  };
}
