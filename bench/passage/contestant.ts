import type { RequestListener } from 'node:http';

/** An app with a protected `GET /me`, and what opens it. */
export interface Contestant {
  readonly listener: RequestListener;
  /** Of one caller; `''`: it is open. */
  readonly token: string;
  /** Of many callers, where it is made for many. */
  readonly tokens?: readonly string[];
  /** Told at the end: how often a store that it shares was away or too slow. */
  readonly outages?: () => number;
}
