import { type Endpoint, jsonResponse } from '../http/index.ts';
import type { Csrf } from './csrf.ts';

/**
 * `GET /csrf`: the token for requests that would otherwise show nothing of where they come from. Other origins can't
 * read the answer.
 */
export function csrfEndpoint(csrf: Csrf): Endpoint {
  return {
    method: 'GET',
    path: '/csrf',
    public: true,
    handle({ request }) {
      const { token, setCookie } = csrf.issue(request);
      return jsonResponse(200, { csrf_token: token }, setCookie === undefined ? {} : { 'set-cookie': setCookie });
    },
  };
}
