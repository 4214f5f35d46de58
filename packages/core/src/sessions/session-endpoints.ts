import { type Endpoint, emptyResponse, jsonResponse, originOf, type Principal, validateQuery } from '../http/index.ts';
import { type LogoutParts, logoutEndpoint } from './logout-endpoint.ts';
import { refreshEndpoint } from './refresh-endpoint.ts';
import type { OwnSession, OwnSessionPage } from './sessions.ts';

/** What {@link sessionEndpoints} are made of. */
export type SessionEndpointParts = LogoutParts;

/** Refresh, log-out, and what an owner may see and end of its sessions. */
export function sessionEndpoints(parts: SessionEndpointParts): readonly Endpoint[] {
  const { sessions, cookies } = parts;
  return [
    refreshEndpoint(parts),
    logoutEndpoint(parts),
    {
      method: 'POST',
      path: '/logout-all',
      public: false,
      async handle(call) {
        await sessions.logoutAll({ principal: caller(call.context.principal), origin: originOf(call) });
        return emptyResponse(cookies && call.context.byCookie ? { 'set-cookie': cookies.jar.clear() } : {});
      },
    },
    {
      method: 'GET',
      path: '/sessions',
      public: false,
      async handle(call) {
        const principal = caller(call.context.principal);
        const { SessionQuery } = await import('./session-bodies.ts');
        const { page, page_size: pageSize } = validateQuery(SessionQuery, call.query);
        const found = await sessions.list({ principal, origin: originOf(call), page, pageSize });
        return jsonResponse(200, pageJson(found, page, pageSize));
      },
    },
    {
      method: 'POST',
      path: '/sessions/:id/revoke',
      public: false,
      async handle(call) {
        const principal = caller(call.context.principal);
        await sessions.revoke({ principal, sessionId: call.params['id'] ?? '', origin: originOf(call) });
        return emptyResponse();
      },
    },
    {
      method: 'POST',
      path: '/sessions/revoke-others',
      public: false,
      async handle(call) {
        const principal = caller(call.context.principal);
        return jsonResponse(200, { revoked: await sessions.revokeOthers({ principal, origin: originOf(call) }) });
      },
    },
  ];
}

function caller(principal: Principal | undefined): Principal {
  if (!principal) throw new TypeError('this endpoint was mounted without authentication');
  return principal;
}

function pageJson({ items, total, totalIsCapped }: OwnSessionPage, page: number, pageSize: number): object {
  return {
    items: items.map(sessionJson),
    total,
    ...(totalIsCapped && { total_is_capped: true }),
    page,
    page_size: pageSize,
    pages: Math.ceil(total / pageSize),
  };
}

function sessionJson(session: OwnSession): object {
  return {
    id: session.id,
    created_at: new Date(session.createdAt).toISOString(),
    last_used_at: new Date(session.lastUsedAt).toISOString(),
    user_agent: session.userAgent,
    ip: session.ip,
    expires_at: new Date(session.expiresAt).toISOString(),
    is_current: session.isCurrent,
  };
}
