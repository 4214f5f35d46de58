import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnUsersApp, openOwnUsersApp } from '../../examples/own-users/src/own-users-app.ts';

let own: OwnUsersApp;
let server: http.Server;
let url: string;
beforeAll(async () => {
  own = await openOwnUsersApp({
    issuer: 'http://own-users.test',
    keys: await generateKeys(),
    peppers: generatePepper(),
  });
  server = http.createServer(own.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await own.stop();
});

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}
async function call(method: string, path: string, { body, token }: { body?: object; token?: string } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text ? JSON.parse(text) : {}) as Tokens & Record<string, unknown>,
  };
}
const credentials = (name: string) => ({ email: `${name}@example.com`, password: 'correct horse battery' });

test('a user of an own table with integer ids and bcrypt hashes signs up, signs in and refreshes', async () => {
  const signup = await call('POST', '/signup', { body: credentials('ada') });
  expect(signup.status).toBe(201);
  expect(signup.headers.get('cache-control')).toBe('no-store');
  const login = await call('POST', '/login', { body: credentials('ada') });
  expect(login.status).toBe(200);
  const refreshed = await call('POST', '/auth/refresh', { body: { refresh_token: login.body.refresh_token } });
  expect(refreshed.status).toBe(200);
  const who = await call('GET', '/whoami', { token: refreshed.body.access_token });
  expect(typeof who.body['user_id']).toBe('number');
  const sessions = await call('GET', '/auth/sessions', { token: refreshed.body.access_token });
  expect(sessions.body['total']).toBe(2);
});
test('a wrong password and a taken address are problems of the catalogue', async () => {
  await call('POST', '/signup', { body: credentials('bob') });
  const wrong = await call('POST', '/login', { body: { ...credentials('bob'), password: 'another password' } });
  expect([wrong.status, wrong.body['code']]).toEqual([401, 'invalid_credentials']);
  const taken = await call('POST', '/signup', { body: credentials('bob') });
  expect([taken.status, taken.body['code']]).toEqual([409, 'email_taken']);
});
test('blocking a user ends its sessions at once, and it cannot come back', async () => {
  const { body } = await call('POST', '/signup', { body: credentials('eve') });
  expect((await call('POST', '/block-me', { token: body.access_token })).status).toBe(204);
  expect((await call('GET', '/whoami', { token: body.access_token })).status).toBe(401);
  expect((await call('POST', '/auth/refresh', { body: { refresh_token: body.refresh_token } })).status).toBe(401);
  expect((await call('POST', '/login', { body: credentials('eve') })).status).toBe(401);
});
test("a change of the app's own password ends every session and begins a new one", async () => {
  const signup = await call('POST', '/signup', { body: credentials('joan') });
  const body = { ...credentials('joan'), new_password: 'staple of another kind' };
  const wrong = await call('POST', '/change-password', { body: { ...body, password: 'another password' } });
  expect(wrong.status).toBe(401);
  expect((await call('GET', '/whoami', { token: signup.body.access_token })).status).toBe(200);
  const changed = await call('POST', '/change-password', { body });
  expect(changed.status).toBe(200);
  expect((await call('GET', '/whoami', { token: changed.body.access_token })).status).toBe(200);
  expect((await call('GET', '/whoami', { token: signup.body.access_token })).status).toBe(401);
  const old = await call('POST', '/auth/refresh', { body: { refresh_token: signup.body.refresh_token } });
  expect(old.status).toBe(401);
  expect((await call('POST', '/login', { body: credentials('joan') })).status).toBe(401);
});
test("the app's own register and login are not mounted twice", async () => {
  expect((await call('POST', '/auth/login', { body: credentials('ada') })).status).toBe(404);
});
