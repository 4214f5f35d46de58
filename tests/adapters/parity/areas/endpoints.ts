import { ask, type ParityExchange, scripted } from '../exchange.ts';
import type { ParityApp } from '../parity-app.ts';

const json = { 'content-type': 'application/json' };

/** Mounted endpoints: paths, methods, the whole life of an account. */
export const endpoints: readonly ParityExchange[] = [
  ...(
    [
      '/auth/me',
      '/auth/sessions',
      '/auth/audit',
      '/auth/jwks.json',
      '/auth/none',
      '/auth',
      '/auth/',
      '/authentic',
      '/health',
      '/health/live',
      '/health/ready',
      '/health/none',
      '/healthy',
    ] as const
  ).flatMap((target) => [
    ask(`GET ${target}`, { target }),
    ask(`HEAD ${target}`, { method: 'HEAD', target }),
    ask(`GET ${target} with a token`, { target, as: 'low' }),
  ]),
  ask('a method that a path has not', { method: 'DELETE', target: '/auth/me', as: 'good' }),
  ask('a method that a path has not, with a body', {
    method: 'POST',
    target: '/auth/jwks.json',
    headers: json,
    body: '{}',
  }),
  ask('OPTIONS of an endpoint', { method: 'OPTIONS', target: '/auth/login' }),
  ask('a query that is wrong', { target: '/auth/sessions?page=0', as: 'good' }),
  ask('a session of nobody', {
    method: 'POST',
    target: '/auth/sessions/019b8e15-ec00-7762-87ab-24271f196340/revoke',
    as: 'good',
  }),
  scripted(
    'a life: registered, again, signed in, changed, refreshed, signed out',
    async (app) => {
      const post = (target: string, value: object, token?: string): ReturnType<ParityApp['call']> =>
        app.call({
          method: 'POST',
          target,
          headers: { ...json, ...(token && { authorization: `Bearer ${token}` }) },
          body: JSON.stringify(value),
        });
      const account = { email: 'life@example.com', password: 'correct horse battery' };
      const registered = await post('/auth/register', account);
      const again = await post('/auth/register', account);
      const wrong = await post('/auth/login', { ...account, password: 'wrong horse battery' });
      const signedIn = await post('/auth/login', account);
      const { access_token: token, refresh_token: refresh } = JSON.parse(signedIn.body.toString()) as Record<
        string,
        string
      >;
      const me = await app.call({
        method: 'PATCH',
        target: '/auth/me',
        headers: { ...json, authorization: `Bearer ${token}` },
        body: '{"display_name":"Life"}',
      });
      const refreshed = await post('/auth/refresh', { refresh_token: refresh });
      const bad = await post('/auth/refresh', { refresh_token: 'abc' });
      const out = await post('/auth/logout-all', {}, token);
      const after = await app.call({ target: '/auth/me', headers: { authorization: `Bearer ${token}` } });
      return [registered, again, wrong, signedIn, me, refreshed, bad, out, after];
    },
    { lines: 9 },
  ),
];
