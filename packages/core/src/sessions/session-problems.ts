import { Problem, type ProblemTable } from '../http/index.ts';
import { tokenRefused } from '../tokens/index.ts';
import type { RefreshAnswer } from './sessions.ts';

/** Problems of this slice. */
export const sessionProblems: ProblemTable = {
  invalid_grant: { status: 401, title: 'The refresh token is not accepted' },
  session_expired: { status: 401, title: 'The session has reached the end of its life' },
  busy: { status: 503, title: 'Another request of this session is under way' },
};

/** RFC 9110 section 15.5.2: every 401 carries a challenge. No `error`: what was refused is no access token. */
const challenge = { 'www-authenticate': 'Bearer' } as const;

/**
 * What a refresh that brought no tokens is answered with. One code for every refusal that a client can't act on
 * differently: an attacker isn't told which.
 */
export function refreshProblem(answer: Exclude<RefreshAnswer, { readonly answer: 'tokens' }>): Problem {
  if (answer.answer === 'later') return busyProblem(answer.retryAfterSeconds);
  switch (answer.outcome) {
    case 'expired':
    case 'idle':
      return answer.current ? sessionExpired() : notAccepted();
    case 'superseded':
      return tokenRefused('token_superseded');
    case 'malformed':
    case 'exhausted':
    case 'unknown':
    case 'revoked':
    case 'user_disabled':
    case 'pop_mismatch':
    case 'ahead':
    case 'reuse':
      return notAccepted();
  }
}

function notAccepted(): Problem {
  return new Problem('invalid_grant', { detail: 'Sign in again.', headers: challenge });
}

/** An authentic token of a session whose time is over. */
export function sessionExpired(): Problem {
  return new Problem('session_expired', { detail: 'Sign in again.', headers: challenge });
}

/** Nothing was changed; the same request may be sent again. */
export function busyProblem(retryAfterSeconds: number): Problem {
  return new Problem('busy', {
    detail: 'Nothing was changed. Send the same request again.',
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
