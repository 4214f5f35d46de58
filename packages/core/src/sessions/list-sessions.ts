import { maskAddress } from '../http/index.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionSettings } from './session-settings.ts';
import type { SessionView } from './session-store.ts';
import type { OwnSession, Sessions } from './sessions.ts';

const MINUTE = 60_000;
/** Longer than the time from one refresh of an active client to the next. */
const LIVES_HIDDEN = 1.25;

/** The verb behind `GET /auth/sessions`. */
export function listVerb({ store, settings, ask }: SessionParts): Sessions['list'] {
  return async ({ principal: { tenant, subject, sessionId }, page, pageSize }) => {
    const answer = await ask(
      () => store.list({ tenant, subject, page, pageSize }),
      (answer) => answer.now,
    );
    const items = answer.items.map((view) => ownSession(view, answer.now, settings, sessionId));
    return { items, total: answer.total, totalIsCapped: answer.totalIsCapped };
  };
}

/**
 * A session as its owner sees it. Whoever watches this list with a stolen access token must not learn the moment of
 * a refresh: it could then replay the stolen refresh token inside C, every time. So a session in use always shows
 * the current minute, and what is told of its end is counted from that.
 */
export function ownSession(view: SessionView, now: number, settings: SessionSettings, currentId: string): OwnSession {
  const { accessMs, idleMs } = settings.profiles[view.aal];
  const hidden = now - view.lastUsedAt < accessMs * LIVES_HIDDEN;
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const lastUsedAt = hidden ? Math.max(minute, view.createdAt) : view.lastUsedAt;
  return {
    id: view.id,
    createdAt: view.createdAt,
    lastUsedAt,
    expiresAt: Math.min(view.expiresAt, lastUsedAt + idleMs),
    userAgent: view.userAgent,
    ip: maskAddress(view.ip),
    isCurrent: view.id === currentId,
  };
}
