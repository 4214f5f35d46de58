import type { IncomingHttpHeaders } from 'node:http';
import type { Framework, ProxyTrust } from './framework.ts';

/** Looks at a request, which may bring `X-Forwarded-For`. */
export type CheckTrust<C> = (carrier: C, headers: IncomingHttpHeaders) => void;

/**
 * Makes the check, which asks the framework once: what it believes, and by which field, is set where the app is made.
 *
 * @param warn told once when a proxy is there and none is believed
 * @throws TypeError from the check, at each such request, when everybody is believed: limits, sessions and the audit
 * trail would show whatever address the caller likes
 */
export function createTrustCheck<C>(
  { trust, forwardedField }: Pick<Framework<C>, 'trust' | 'forwardedField'>,
  warn: ((message: string) => void) | undefined,
): CheckTrust<C> {
  let known: ProxyTrust | undefined;
  let name = 'X-Forwarded-For';
  let field: string | undefined;
  return (carrier, headers) => {
    if (field === undefined) {
      name = forwardedField?.(carrier) ?? name;
      field = name.toLowerCase();
    }
    if (headers[field] === undefined) return;
    if (known === undefined) {
      known = trust(carrier);
      if (known === 'nobody') warn?.(`${name} has come, and no proxy is trusted: ${ADVICE}`);
    }
    if (known === 'everybody') throw new TypeError(`every ${name} is trusted, whoever sends it: ${ADVICE}`);
  };
}

const ADVICE = 'tell the framework which proxies stand before it, or how many (docs/behind-a-proxy.md)';
