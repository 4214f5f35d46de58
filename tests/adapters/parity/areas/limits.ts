import { type ParityExchange, scripted } from '../exchange.ts';
import type { ParityRequest } from '../parity-app.ts';

const json = { 'content-type': 'application/json' };

/** The same request several times. */
const again = (name: string, times: number, request: ParityRequest, audits = 0): ParityExchange =>
  scripted(
    name,
    async (app) => {
      const answers = [];
      for (let time = 0; time < times; time++) answers.push(await app.call(request));
      return answers;
    },
    { variant: 'limited', audits, lines: times },
  );

/** Callers that come too often. */
export const limits: readonly ParityExchange[] = [
  again('a route with a limit of its own', 4, { target: '/limited' }, 4),
  again('HEAD of it', 2, { method: 'HEAD', target: '/limited' }, 2),
  again('sign-ins with a wrong password', 8, {
    method: 'POST',
    target: '/auth/login',
    headers: json,
    body: '{"email":"nobody@example.com","password":"wrong horse battery"}',
  }),
  again('refreshes with no token of ours', 3, {
    method: 'POST',
    target: '/auth/refresh',
    headers: json,
    body: '{"refresh_token":"abc"}',
  }),
  again('forged tokens', 12, { target: '/closed', as: 'forged' }),
];
