import type { ProxyTrust } from './framework.ts';

const FARTHEST = '192.0.2.1';

/** As much of a request of Node's as an address is told by. */
export interface ProbeRequest {
  readonly headers: { readonly 'x-forwarded-for': string };
  readonly socket: { readonly remoteAddress: string };
}

/** Has come through more proxies than anybody names or counts. */
const FAR: ProbeRequest = {
  headers: { 'x-forwarded-for': [FARTHEST, ...Array.from({ length: 50 }, () => '192.0.2.2')].join(', ') },
  socket: { remoteAddress: '192.0.2.3' },
};

/**
 * Whose `X-Forwarded-For` a framework believes that does not tell its setting, but says an address of a request.
 *
 * @param ipOf the address that the framework tells of a request of Node's
 */
export function probeTrust(ipOf: (raw: ProbeRequest) => unknown): ProxyTrust {
  return ipOf(FAR) === FARTHEST ? 'everybody' : 'some';
}
