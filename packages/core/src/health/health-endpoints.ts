import { type Endpoint, jsonResponse } from '../http/index.ts';
import type { Health } from './health.ts';

/** What {@link healthEndpoints} are made of. */
export interface HealthEndpointsOptions {
  readonly health: Health;
  readonly service: string;
}

/**
 * Endpoints of the mount `health`. `/ready` says whether to send requests here, 503 when a dependency is down. `/live`
 * says whether to restart the process, and asks nobody: a database that is down is no reason.
 */
export function healthEndpoints({ health, service }: HealthEndpointsOptions): readonly Endpoint[] {
  const report: Endpoint['handle'] = async () => {
    const found = await health();
    return jsonResponse(found.ok ? 200 : 503, found);
  };
  return [
    { method: 'GET', path: '/', public: true, handle: report },
    { method: 'GET', path: '/ready', public: true, handle: report },
    { method: 'GET', path: '/live', public: true, handle: () => jsonResponse(200, { ok: true, service }) },
  ];
}
