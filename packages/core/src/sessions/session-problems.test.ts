import { describe, expect, test } from 'vitest';
import { httpProblems, mergeProblems } from '../http/index.ts';
import { tokenProblems } from '../tokens/index.ts';
import { refreshProblem, sessionProblems } from './session-problems.ts';

const catalogue = mergeProblems(httpProblems, tokenProblems, sessionProblems);

describe('what a refresh without tokens is answered with', () => {
  test.each([
    ['malformed', 'invalid_grant'],
    ['exhausted', 'invalid_grant'],
    ['unknown', 'invalid_grant'],
    ['revoked', 'invalid_grant'],
    ['user_disabled', 'invalid_grant'],
    ['pop_mismatch', 'invalid_grant'],
    ['ahead', 'invalid_grant'],
    ['reuse', 'invalid_grant'],
    ['superseded', 'token_superseded'],
  ] as const)('%s is %s, a 401 with a challenge', (outcome, code) => {
    const problem = refreshProblem({ answer: 'refused', outcome });
    expect(problem.code).toBe(code);
    expect(catalogue[code]?.status).toBe(401);
    expect(problem.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  test.each(['expired', 'idle'] as const)('%s is told to the holder of the current token only', (outcome) => {
    expect(refreshProblem({ answer: 'refused', outcome, current: true }).code).toBe('session_expired');
    expect(refreshProblem({ answer: 'refused', outcome, current: false }).code).toBe('invalid_grant');
  });

  test('no refusal that a client cannot act on differently looks different', () => {
    const alike = ['malformed', 'unknown', 'revoked', 'user_disabled', 'pop_mismatch', 'ahead', 'reuse'] as const;
    const shown = alike.map((outcome) => {
      const { code, detail, headers, fields } = refreshProblem({ answer: 'refused', outcome });
      return JSON.stringify({ code, detail, headers, fields });
    });
    expect(new Set(shown).size).toBe(1);
  });

  test.each(['busy', 'deadline', 'stalled', 'gone'] as const)('%s is a 503 that says when to come again', (outcome) => {
    const problem = refreshProblem({ answer: 'later', outcome, retryAfterSeconds: 3 });
    expect([problem.code, catalogue['busy']?.status]).toEqual(['busy', 503]);
    expect(problem.headers).toEqual({ 'retry-after': '3' });
  });
});
