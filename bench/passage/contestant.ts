import type { RequestListener } from 'node:http';

/** An app with a protected `GET /me`, and the token that opens it. */
export interface Contestant {
  readonly listener: RequestListener;
  readonly token: string;
}
