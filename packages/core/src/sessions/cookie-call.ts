import { isBearerMode } from '../browser/index.ts';
import type { EndpointCall } from '../http/index.ts';

/** Whether a call leaves its credentials to cookies: it has no token of its own, in `Authorization` or in the body. */
export function isCookieCall({ request, body: { value } }: EndpointCall): boolean {
  const namesToken = typeof value === 'object' && value !== null && 'refresh_token' in value;
  return !namesToken && !isBearerMode(request.headers);
}
