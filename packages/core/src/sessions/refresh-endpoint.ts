import type { CookieMode } from '../browser/index.ts';
import { type Endpoint, type EndpointCall, type HttpResponse, originOf, validateBody } from '../http/index.ts';
import { isCookieCall } from './cookie-call.ts';
import { refreshProblem } from './session-problems.ts';
import type { Transport } from './session-store.ts';
import type { RefreshAnswer, Sessions } from './sessions.ts';
import { tokenAnswer } from './token-answer.ts';

/** What {@link refreshEndpoint} is made of. */
export interface RefreshParts {
  readonly sessions: Pick<Sessions, 'refresh'>;
  readonly cookies?: CookieMode | undefined;
}

/** `POST /refresh`: the token is in the body, or in cookie mode in its cookie and nowhere else. */
export function refreshEndpoint({ sessions, cookies }: RefreshParts): Endpoint {
  const byCookie = async (call: EndpointCall, { jar, csrf }: CookieMode): Promise<HttpResponse> => {
    const { CookieRefreshBody } = await import('./session-bodies.ts');
    const body = validateBody(CookieRefreshBody, call.body);
    const token = jar.read(call.request.headers, 'refresh');
    if (token === undefined) throw refreshProblem({ answer: 'refused', outcome: 'unknown' });
    csrf.demandOf(call);
    const answer = await refreshBy(sessions, call, 'cookie', token, body.attempt);
    if (answer.answer !== 'tokens') throw refreshProblem(answer);
    return tokenAnswer(answer.tokens, { jar, presented: token });
  };
  return {
    method: 'POST',
    path: '/refresh',
    public: true,
    body: ['json'],
    async handle(call) {
      if (cookies && isCookieCall(call)) return byCookie(call, cookies);
      const { RefreshBody } = await import('./session-bodies.ts');
      const { refresh_token: token, ...body } = validateBody(RefreshBody, call.body);
      const answer = await refreshBy(sessions, call, 'bearer', token, body.attempt);
      if (answer.answer !== 'tokens') throw refreshProblem(answer);
      return tokenAnswer(answer.tokens);
    },
  };
}

/** One presentation of a refresh token that came with a request. */
export function refreshBy(
  sessions: Pick<Sessions, 'refresh'>,
  exchange: Parameters<typeof originOf>[0] & Pick<EndpointCall, 'request' | 'context'>,
  transport: Transport,
  token: string,
  attemptKey?: string,
): Promise<RefreshAnswer> {
  const { request, context } = exchange;
  return sessions.refresh({
    token,
    attempt: attemptKey,
    tenant: context.tenant,
    transport,
    origin: originOf(exchange),
    arrivedAt: request.arrivedAt,
    gone: () => request.gone,
  });
}
