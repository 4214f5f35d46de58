import type { CookieMode } from '../browser/index.ts';
import {
  type Endpoint,
  type EndpointCall,
  emptyResponse,
  type Guard,
  type HttpResponse,
  originOf,
  Problem,
  validateBody,
} from '../http/index.ts';
import type { StoreClock } from '../kernel/index.ts';
import { type AccessCheck, type AccessTokens, authenticateGuard, tokenMissing } from '../tokens/index.ts';
import { isCookieCall } from './cookie-call.ts';
import type { Sessions } from './sessions.ts';

/** What {@link logoutEndpoint} is made of. */
export interface LogoutParts {
  readonly sessions: Sessions;
  readonly check: AccessCheck;
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly storeClock: Pick<StoreClock, 'now'>;
  /** Left out: tokens in cookies are not looked at. */
  readonly cookies?: CookieMode | undefined;
}

/**
 * `POST /logout`, by access token, refresh token or both. Public, because a client whose access token has died must
 * still be able to leave; a dead token alone ends nothing and is answered as if it had (RFC 7009 section 2.2).
 */
export function logoutEndpoint({ sessions, check, accessTokens, storeClock, cookies }: LogoutParts): Endpoint {
  const byHeader = authenticateGuard({ check });

  /** The session of an authentic access token, dead or alive. */
  const namedBy = async (authorization: string | undefined): Promise<string | undefined> => {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const verified = token === undefined ? undefined : await accessTokens.verify(token, storeClock.now());
    return verified && 'claims' in verified ? verified.claims.sid : undefined;
  };

  /** Each cookie ends what it names: where a slow answer has mixed two sessions in the jar, both end. */
  const leaveByCookie = async (call: EndpointCall, { jar, csrf }: CookieMode): Promise<HttpResponse> => {
    const { given, body } = csrf.takeField(call);
    const { LogoutBody } = await import('./session-bodies.ts');
    validateBody(LogoutBody, body);
    const { headers } = call.request;
    const accessToken = jar.read(headers, 'access');
    const refreshToken = jar.read(headers, 'refresh');
    if (accessToken === undefined && refreshToken === undefined) throw tokenMissing();
    csrf.demandOf(call, given);
    const leaving = { tenant: call.context.tenant, transport: 'cookie', origin: originOf(call) } as const;
    if (refreshToken !== undefined) await sessions.logout({ ...leaving, refreshToken });
    const byCookie = authenticateGuard({ check, cookies: { accessToken: () => accessToken } });
    if ((await authenticated(byCookie, call)) === 'alive')
      await sessions.logout({ ...leaving, principal: call.context.principal });
    return emptyResponse({ 'set-cookie': jar.clear() });
  };

  return {
    method: 'POST',
    path: '/logout',
    public: true,
    body: cookies ? ['json', 'form'] : ['json'],
    async handle(call) {
      if (cookies && isCookieCall(call)) return leaveByCookie(call, cookies);
      const { LogoutBody } = await import('./session-bodies.ts');
      const { refresh_token: refreshToken } = validateBody(LogoutBody, call.body);
      const state = await authenticated(byHeader, call);
      if (state === 'none' && refreshToken === undefined) throw tokenMissing();
      await sessions.logout({
        tenant: call.context.tenant,
        transport: 'bearer',
        principal: state === 'alive' ? call.context.principal : undefined,
        deadSessionId: state === 'dead' ? await namedBy(call.request.headers.authorization) : undefined,
        refreshToken,
        origin: originOf(call),
      });
      return emptyResponse();
    },
  };
}

/** `none`: no access token of ours was sent. */
async function authenticated(guard: Guard, call: EndpointCall): Promise<'alive' | 'dead' | 'none'> {
  try {
    await guard(call);
    return 'alive';
  } catch (error) {
    if (error instanceof Problem && error.code === 'token_missing') return 'none';
    if (error instanceof Problem) return 'dead';
    throw error; // a store that is away is no reason to believe a token dead
  }
}
