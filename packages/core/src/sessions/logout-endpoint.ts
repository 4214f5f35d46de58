import * as z from 'zod';
import { type Endpoint, type EndpointCall, emptyResponse, originOf, Problem, validateBody } from '../http/index.ts';
import type { StoreClock } from '../kernel/index.ts';
import { type AccessCheck, type AccessTokens, authenticateGuard, tokenMissing } from '../tokens/index.ts';
import type { Sessions } from './sessions.ts';

/** What {@link logoutEndpoint} is made of. */
export interface LogoutParts {
  readonly sessions: Sessions;
  readonly check: AccessCheck;
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly storeClock: Pick<StoreClock, 'now'>;
}

const LogoutBody = z.strictObject({ refresh_token: z.string().optional() });

/**
 * `POST /logout`, by access token, refresh token or both. Public, because a client whose access token has died must
 * still be able to leave; a dead token alone ends nothing and is answered as if it had (RFC 7009 section 2.2).
 */
export function logoutEndpoint({ sessions, check, accessTokens, storeClock }: LogoutParts): Endpoint {
  const authenticate = authenticateGuard({ check });

  /** False: no access token of ours was sent. */
  const authenticated = async (call: EndpointCall): Promise<'alive' | 'dead' | 'none'> => {
    try {
      await authenticate(call);
      return 'alive';
    } catch (error) {
      if (error instanceof Problem && error.code === 'token_missing') return 'none';
      if (error instanceof Problem) return 'dead';
      throw error; // a store that is away is no reason to believe a token dead
    }
  };

  /** The session of an authentic access token, dead or alive. */
  const namedBy = async (authorization: string | undefined): Promise<string | undefined> => {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const verified = token === undefined ? undefined : await accessTokens.verify(token, storeClock.now());
    return verified && 'claims' in verified ? verified.claims.sid : undefined;
  };

  return {
    method: 'POST',
    path: '/logout',
    public: true,
    body: ['json'],
    async handle(call) {
      const { refresh_token: refreshToken } = validateBody(LogoutBody, call.body);
      const state = await authenticated(call);
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
