import { Problem } from '../http/index.ts';
import { isUuid, type Origin } from '../kernel/index.ts';
import type { SessionParts } from './session-parts.ts';
import type { RevokeCall } from './session-store.ts';
import type { Sessions } from './sessions.ts';

/** The verbs that end sessions before their time. */
export function endVerbs(parts: SessionParts): Pick<Sessions, 'logout' | 'logoutAll' | 'revoke' | 'revokeOthers'> {
  const { store, subjects, refreshTokens, revocations, tell, ask, stamp } = parts;

  const end = async (call: Omit<RevokeCall, 'audit'>, from: Origin): Promise<boolean> => {
    const audit = stamp(from);
    const answer = await ask(
      () => store.revoke({ ...call, audit }),
      (answer) => (answer.outcome === 'revoked' ? answer.now : undefined),
    );
    switch (answer.outcome) {
      case 'not_found':
        return false;
      case 'revoked': {
        const { tenant, sessionId } = call;
        const { subject, now: at } = answer;
        revocations.sessions(tenant, [sessionId], at);
        const reason = call.action === 'user.logout' ? 'logout' : 'revoke';
        tell('session.revoked', { tenant, subject, sessionId, at, origin: audit.origin, reason });
        return true;
      }
    }
  };

  return {
    async logout(request) {
      const { tenant, transport, principal, deadSessionId } = request;
      const token = request.refreshToken === undefined ? undefined : refreshTokens.parse(request.refreshToken);
      const named = principal?.sessionId ?? deadSessionId;
      if (token && named !== undefined && token.sessionId !== named) throw twoSessions();
      // either token alone is enough; with neither alive there is nothing to end, and nobody to tell it to
      const sessionId = principal?.sessionId ?? token?.sessionId;
      if (sessionId === undefined) return;
      const owner = principal?.subject ?? null;
      await end({ tenant, sessionId, owner, transport, action: 'user.logout' }, request.origin);
    },

    async logoutAll({ principal: { tenant, subject }, origin }) {
      const audit = stamp(origin);
      const answer = await ask(
        () => subjects.endAll({ tenant, id: subject, audit, actor: subject }),
        (answer) => (answer.outcome === 'done' ? answer.now : undefined),
      );
      if (answer.outcome === 'done') revocations.authEpoch(tenant, subject, answer.subject.authEpoch, answer.now);
    },

    async revoke({ principal: { tenant, subject }, sessionId, origin }) {
      const call = { tenant, sessionId, owner: subject, transport: null, action: 'session.revoke' } as const;
      if (!isUuid(sessionId) || !(await end(call, origin))) throw new Problem('not_found');
    },

    async revokeOthers({ principal, origin }) {
      const { tenant, subject, sessionId: keep } = principal;
      const audit = stamp(origin);
      const { revoked, now: at } = await ask(
        () => store.revokeOthers({ tenant, subject, keep, audit }),
        (answer) => answer.now,
      );
      revocations.sessions(tenant, revoked, at);
      for (const sessionId of revoked)
        tell('session.revoked', { tenant, subject, sessionId, at, origin: audit.origin, reason: 'revoke_others' });
      return revoked.length;
    },
  };
}

function twoSessions(): Problem {
  return new Problem('validation_failed', {
    fields: [
      {
        pointer: '/refresh_token',
        code: 'other_session',
        detail: 'The access token and the refresh token belong to two sessions.',
      },
    ],
  });
}
