import { safeOrigin } from '../audit/index.ts';
import { Problem } from '../http/index.ts';
import type { Origin } from '../kernel/index.ts';
import type { SessionParts } from './session-parts.ts';
import { idleByAal } from './session-settings.ts';
import type { Sessions } from './sessions.ts';
import { checkSubjectId, checkTenant } from './subject-id.ts';

/** The verbs that put a first token into a session. */
export function startVerbs(parts: SessionParts): Pick<Sessions, 'prepareStart' | 'prepareRestamp' | 'start'> {
  const { store, settings, refreshTokens, issue, revocations, tell, ask } = parts;

  const prepareStart: Sessions['prepareStart'] = ({ transport = 'bearer', amr = [], aal = 1, origin }) => {
    const profile = settings.profiles[aal];
    if (!profile) throw new TypeError(`sessions.start: aal is 1, 2 or 3, not ${String(aal)}`);
    const sessionId = parts.makeId();
    const { text, hash, kid } = refreshTokens.first(sessionId);
    const from: Origin = safeOrigin(origin);
    const { idleMs, absoluteMs } = profile;
    return {
      call: { sessionId, leaf: { kid, hash }, transport, aal, amr, idleMs, absoluteMs, origin: from },
      async issue(session) {
        const tokens = await issue(session, text);
        const { tenant, subject, now: at } = session;
        tell('session.started', { tenant, subject, sessionId, at, origin: from, transport, aal });
        return tokens;
      },
    };
  };

  return {
    prepareStart,
    prepareRestamp(sessionId) {
      const token = refreshTokens.restamp(sessionId);
      return {
        leaf: token.leaf,
        idleMs: idleByAal(settings),
        issue(session) {
          const { tenant, subject, userEpoch, now } = session;
          revocations.authEpoch(tenant, subject, userEpoch, now);
          return issue(session, token.text(session.generation));
        },
      };
    },
    async start({ subject, tenant = '', authEpoch = null, ...wish }) {
      checkSubjectId(subject, 'sessions.start: subject');
      checkTenant(tenant, 'sessions.start: tenant');
      const prepared = prepareStart(wish);
      const audit = parts.stamp(wish.origin);
      const answer = await ask(
        () => store.start({ ...prepared.call, tenant, subject, authEpoch, audit }),
        (answer) => (answer.outcome === 'started' ? answer.session.now : undefined),
      );
      switch (answer.outcome) {
        case 'started':
          return prepared.issue(answer.session);
        case 'refused':
          throw new Problem('invalid_credentials', { headers: { 'www-authenticate': 'Bearer' } });
      }
    },
  };
}
