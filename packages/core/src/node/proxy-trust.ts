import type { Framework, ProxyTrust } from './framework.ts';

/** Looks at a request that brings `X-Forwarded-For`. */
export type CheckTrust<C> = (carrier: C) => void;

/**
 * Makes the check, which asks the framework once: what it believes is set where the app is made.
 *
 * @param warn told once when a proxy is there and none is believed
 * @throws TypeError from the check, at each such request, when everybody is believed: limits, sessions and the audit
 * trail would show whatever address the caller likes
 */
export function createTrustCheck<C>(
  { trust }: Pick<Framework<C>, 'trust'>,
  warn: ((message: string) => void) | undefined,
): CheckTrust<C> {
  let known: ProxyTrust | undefined;
  return (carrier) => {
    if (known === undefined) {
      known = trust(carrier);
      if (known === 'nobody') warn?.(`X-Forwarded-For has come, and no proxy is trusted: ${ADVICE}`);
    }
    if (known === 'everybody') throw new TypeError(`every X-Forwarded-For is trusted, whoever sends it: ${ADVICE}`);
  };
}

const ADVICE = 'tell the framework which proxies stand before it, or how many (docs/behind-a-proxy.md)';
