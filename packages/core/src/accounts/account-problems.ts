import { Problem, type ProblemTable } from '../http/index.ts';

/** Problems of this slice. */
export const accountProblems: ProblemTable = {
  invalid_credentials: { status: 401, title: 'The credentials are not accepted' },
  email_taken: { status: 409, title: 'The e-mail address has an account already' },
  overloaded: { status: 503, title: 'More work is waiting than can be done in time' },
};

/** One answer for every refusal of a credential: an attacker isn't told which part was wrong. RFC 9110 section 15.5.2. */
export function invalidCredentials(cause?: string): Problem {
  return new Problem('invalid_credentials', { headers: { 'www-authenticate': 'Bearer' }, cause });
}
