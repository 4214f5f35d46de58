import type { CookieMode } from './browser/index.ts';
import type { Castellan, SessionAnswer } from './castellan.ts';
import { originOf, rawOf } from './http/index.ts';
import type { RequestTenant } from './request-tenant.ts';
import { cookieMembers, type Sessions, tokenCookies, tokenMembers } from './sessions/index.ts';

/** What {@link sessionStarter} is made of. */
export interface SessionStarterParts {
  readonly sessions: Pick<Sessions, 'start'>;
  readonly tenant: RequestTenant;
  readonly cookies: CookieMode | undefined;
}

/** Makes `castellan.sessions.start`: a session of an app's own user, as an answer that is ready to be sent. */
export function sessionStarter({ sessions, tenant, cookies }: SessionStarterParts): Castellan['sessions']['start'] {
  const start = async ({
    from,
    tenant: named,
    csrfToken,
    ...wish
  }: Parameters<Castellan['sessions']['start']>[0]): Promise<SessionAnswer | SessionAnswer<'cookie'>> => {
    const request = { ...wish, tenant: named ?? tenant.ofCarrier(from), origin: originOf(from) };
    const headers = { 'cache-control': 'no-store' };
    if (wish.transport !== 'cookie') return { headers, body: tokenMembers(await sessions.start(request)) };
    if (!cookies) throw new TypeError("sessions.start: transport 'cookie' needs options.cookies");
    const { method = 'POST', headers: given } = rawOf(from);
    cookies.csrf.demand({ method, headers: given }, csrfToken);
    const tokens = await sessions.start(request);
    return {
      headers: { ...headers, 'set-cookie': [...tokenCookies(tokens, cookies.jar)] },
      body: cookieMembers(tokens),
    };
  };
  return start as Castellan['sessions']['start'];
}
