import { equalBytes, type RandomBytes } from '../kernel/index.ts';
import type { MintedToken, PresentedToken } from './refresh-token.ts';
import type { SessionParts } from './session-parts.ts';
import { idleByAal } from './session-settings.ts';
import type { IssuedSession, RefreshOutcome, RefreshSuccess } from './session-store.ts';
import type { RefreshAnswer, RefreshRequest, Sessions } from './sessions.ts';

/** Generations running with a replay from elsewhere that look like two holders, no longer like a network at work. */
const SHARING_SUSPECTED = 3;

const told = {
  rotate: 'session.rotated',
  again: 'session.rotated', // the same step, whose first answer was lost on the way from the store
  keep: 'session.kept',
  replay: 'session.replayed',
  reissue: 'session.reissued',
} as const satisfies Record<RefreshSuccess, string>;

/** The verb behind `POST /auth/refresh`: docs/sessions.md has its state table. */
export function refreshVerb(parts: SessionParts, random: RandomBytes): Sessions['refresh'] {
  const { store, settings, refreshTokens, ask } = parts;
  const answerOf = refreshAnswers(parts);
  const idleMs = idleByAal(settings);

  return async (request) => {
    const token = refreshTokens.parse(request.token);
    if (!token) return { answer: 'refused', outcome: 'malformed' };
    if (request.gone()) return { answer: 'later', outcome: 'gone', retryAfterSeconds: 1 };
    if (parts.stallGate.refuses(request.arrivedAt))
      return { answer: 'later', outcome: 'stalled', retryAfterSeconds: 1 };
    const budgetMs = Math.floor(settings.deadlineMs - (parts.monotonic() - request.arrivedAt));
    if (budgetMs <= 0) return { answer: 'later', outcome: 'deadline', retryAfterSeconds: 1 };
    const kid = refreshTokens.activeKid;
    const nonce = random(32);
    const chosen = token.successor(kid, nonce);
    if (!chosen) return { answer: 'refused', outcome: 'exhausted' };
    const stamp = parts.stamp(request.origin);
    const call = {
      tenant: request.tenant,
      sessionId: token.sessionId,
      transport: request.transport,
      generation: token.generation,
      hash: token.hash,
      successor: { kid, hash: chosen.hash, nonce },
      attemptHash: request.attempt === undefined ? null : token.attemptHash(request.attempt),
      jkt: null,
      graceMs: settings.graceMs,
      reissueMs: settings.reissueMs,
      idleMs,
      budgetMs,
      origin: stamp.origin,
      audit: { ...stamp, ordinary: parts.auditRefreshes },
    };
    const result = await ask(
      () => store.refresh(call),
      (answer) => ('session' in answer ? answer.session.now : 'now' in answer ? answer.now : undefined),
    );
    return answerOf(result, token, chosen, { token: request.token, tenant: request.tenant, origin: stamp.origin });
  };
}

type AnswerOf = (
  result: RefreshOutcome,
  token: PresentedToken,
  chosen: MintedToken,
  request: Pick<RefreshRequest, 'token' | 'tenant' | 'origin'>,
) => Promise<RefreshAnswer>;

/** Every row of the state table, as what the client is answered and who else is told. */
function refreshAnswers({ settings, issue, revocations, tell }: SessionParts): AnswerOf {
  // an answer may be under way for up to two C: a quarter of one is soon enough, and no storm
  const busySeconds = Math.max(1, Math.ceil(settings.graceMs / 4_000));

  return async (result, token, chosen, { token: text, tenant, origin }) => {
    const { sessionId } = token;
    const { outcome } = result;
    switch (outcome) {
      case 'rotate':
      case 'again':
      case 'replay':
      case 'reissue':
      case 'keep': {
        const { session, sharing } = result;
        const { subject, generation, now: at } = session;
        const tokens = await issue(session, outcome === 'keep' ? text : successor(token, chosen, session));
        const fact = { tenant, subject, sessionId, at, origin, generation };
        tell(told[outcome], fact);
        if (told[outcome] === 'session.rotated' && sharing >= SHARING_SUSPECTED)
          tell('session.sharing_suspected', { ...fact, generations: sharing });
        return { answer: 'tokens', outcome, tokens };
      }
      case 'busy':
        return { answer: 'later', outcome, retryAfterSeconds: busySeconds };
      case 'deadline':
        return { answer: 'later', outcome, retryAfterSeconds: 1 };
      case 'unknown':
        return { answer: 'refused', outcome };
      case 'reuse': {
        const { subject, now: at } = result;
        revocations.sessions(tenant, [sessionId], at);
        tell('session.reuse_detected', { tenant, subject, sessionId, at, origin, by: 'refresh_token' });
        return { answer: 'refused', outcome };
      }
      case 'expired':
      case 'idle': {
        const { subject, now: at } = result;
        tell('session.expired', { tenant, subject, sessionId, at, origin, reason: outcome });
        return { answer: 'refused', outcome, current: result.current };
      }
      case 'ahead': {
        const { subject, now: at } = result;
        tell('session.ahead', { tenant, subject, sessionId, at, origin });
        return { answer: 'refused', outcome };
      }
      case 'revoked':
      case 'user_disabled':
      case 'pop_mismatch':
      case 'superseded':
        return { answer: 'refused', outcome };
    }
  };
}

/** The successor that the store has: chosen by this call, or by an earlier one whose answer was lost. */
function successor(token: PresentedToken, chosen: MintedToken, { leaf, generation }: IssuedSession): string {
  if (equalBytes(leaf.hash, chosen.hash)) return chosen.text;
  const again = leaf.nonce === null ? undefined : token.successor(leaf.kid, leaf.nonce);
  if (!again)
    throw new Error(`pepper ${leaf.kid} is in use but not configured here: add a pepper everywhere before it is first`);
  if (generation !== token.generation + 1 || !equalBytes(again.hash, leaf.hash))
    throw new Error('the session store answered a leaf that does not follow the presented token');
  return again.text;
}
