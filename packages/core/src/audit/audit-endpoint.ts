import { type Endpoint, jsonResponse, validateQuery } from '../http/index.ts';
import type { Audit, AuditFilter } from './audit.ts';
import type { AuditEvent } from './audit-store.ts';

/** What {@link auditEndpoints} are made of. */
export interface AuditEndpointParts {
  readonly audit: { query(filter: AuditFilter<never>): ReturnType<Audit['query']> };
  /** Longest life of an access token, ms. */
  readonly accessTokenMs: number;
}

/**
 * `GET /audit`: the caller's own events, newest first.
 *
 * Ordinary refreshes appear only after 1.25 access-token lives: who holds a stolen access token and reads the list
 * must not learn the moment of a refresh, or a replay inside the grace window would succeed every time.
 */
export function auditEndpoints({ audit, accessTokenMs }: AuditEndpointParts): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/audit',
      public: false,
      async handle({ context: { principal }, query }) {
        if (!principal) throw new TypeError('GET /audit was mounted without authentication');
        const { AuditQuery } = await import('./audit-query.ts');
        const { cursor, limit } = validateQuery(AuditQuery, query);
        const page = await audit.query({
          tenant: principal.tenant,
          actor: principal.subject,
          limit,
          ...(cursor !== undefined && { cursor }),
          hideRefreshesMs: Math.ceil(1.25 * accessTokenMs),
        });
        return jsonResponse(200, { items: page.items.map(eventJson), next_cursor: page.next_cursor });
      },
    },
  ];
}

/** An event as its actor may see it. */
function eventJson(event: AuditEvent): object {
  const { ip, userAgent, requestId } = event.origin;
  return {
    id: event.id,
    at: new Date(event.at).toISOString(),
    action: event.action,
    outcome: event.outcome,
    target_kind: event.targetKind,
    target: event.target,
    ip,
    user_agent: userAgent,
    request_id: requestId,
    meta: event.meta,
  };
}
