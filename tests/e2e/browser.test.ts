import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath } from '../support/chromium.ts';
import { freePort } from '../support/service.ts';
import { type Child, startExample } from './child.ts';

// Chromium finds *.localhost on this machine and treats it as safe, so that Secure cookies work without TLS.
// a. and b. are siblings of one site; evil.localhost is another site.
const OWN = 'a.app.localhost';
const PASSWORD = 'correct horse battery';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> | undefined;
}

let browser: Browser;
let context: BrowserContext;
let page: Page;
let people = 0;
/** Of one test: an account of its own. */
let credentials: { readonly email: string; readonly password: string; readonly transport: 'cookie' };
let foreign: http.Server;
let foreignPort: number;
/** What pages of other origins show. */
let foreignPage: string;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] });
  foreign = http.createServer((_req, res) => res.setHeader('content-type', 'text/html').end(foreignPage));
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  foreignPort = (foreign.address() as AddressInfo).port;
});
afterAll(async () => {
  await browser?.close();
  foreign?.closeAllConnections();
  foreign?.close();
});

describe.each(['express', 'fastify', 'koa'])('cookie mode in Chromium, on %s', (framework) => {
  let data: string;
  let app: Child;
  let origin: string;
  beforeAll(async () => {
    data = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-browser-'));
    const port = await freePort(); // known before it listens: it is in the issuer's URL
    origin = `http://${OWN}:${port}`;
    app = startExample('reference/src/main.ts', ['--framework', framework], {
      PORT: String(port),
      CASTELLAN_DATA: data,
      CASTELLAN_ISSUER: origin,
      CASTELLAN_COOKIES: 'true',
      CASTELLAN_REFRESH_GRACE: '2s',
    });
    await app.prints(/reference app: http/);
  });
  afterAll(async () => {
    app.process.kill('SIGTERM');
    await app.exit;
    fs.rmSync(data, { recursive: true, force: true });
  });
  beforeEach(async () => {
    credentials = { email: `ada${++people}@example.com`, password: PASSWORD, transport: 'cookie' };
    context = await browser.newContext();
    // a page of the app's own, which has none yet
    await context.route(`${origin}/page`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>own</title>' }),
    );
    page = await context.newPage();
    await page.goto(`${origin}/page`);
  });
  afterEach(() => context?.close());

  /** A call that a script of a page makes. */
  const call = (from: Page, method: string, route: string, body?: object): Promise<Answer> =>
    from.evaluate(
      async ([url, method, body]) => {
        const response = await fetch(url as string, {
          method: method as string,
          credentials: 'include',
          ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: body as string }),
        });
        const text = await response.text();
        return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
      },
      [origin + route, method, body && JSON.stringify(body)],
    );
  const cookies = async (): Promise<readonly string[]> => {
    const all = await context.cookies(origin);
    return all.map(({ name, httpOnly, secure, sameSite }) => `${name} ${httpOnly} ${secure} ${sameSite}`).sort();
  };
  /** Opens nothing: it says that somebody has signed in to an account here, whom guesses from elsewhere must not lock out. */
  const device = '__Host-castellan-device true true Strict';
  const signedIn = ['__Host-Http-castellan-at true true Lax', '__Host-Http-castellan-rt true true Strict', device];

  test('a sign-in sets cookies that no script can read, and shows no token', async () => {
    const registered = await call(page, 'POST', '/auth/register', credentials);
    expect(registered.status).toBe(201);
    expect(registered.body).not.toHaveProperty('access_token');
    expect(registered.body).not.toHaveProperty('refresh_token');
    expect(await cookies()).toEqual(signedIn);
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await call(page, 'GET', '/auth/me')).toMatchObject({ status: 200, body: { email: credentials.email } });
    expect((await call(page, 'POST', '/projects', { name: 'Engine' })).status).toBe(201);
  });

  test('two tabs refresh at once and both stay signed in', async () => {
    await call(page, 'POST', '/auth/register', credentials);
    const other = await context.newPage();
    await other.goto(`${origin}/page`);
    for (let round = 0; round < 5; round++) {
      const both = await Promise.all([call(page, 'POST', '/auth/refresh'), call(other, 'POST', '/auth/refresh')]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect((await call(other, 'GET', '/auth/me')).status).toBe(200);
      expect((await call(page, 'GET', '/auth/me')).status).toBe(200);
    }
    const sessions = await call(page, 'GET', '/auth/sessions');
    expect(sessions.body).toMatchObject({ total: 1 });
  });

  test('a sign-out takes the cookies of the session away, and what they held is dead', async () => {
    await call(page, 'POST', '/auth/register', credentials);
    const before = await context.cookies(origin);
    expect((await call(page, 'POST', '/auth/logout')).status).toBe(204);
    expect(await cookies()).toEqual([device]);
    expect((await call(page, 'GET', '/auth/me')).status).toBe(401);
    await context.addCookies(before); // a thief has kept a copy
    expect((await call(page, 'POST', '/auth/refresh')).status).toBe(401);
    expect((await call(page, 'GET', '/auth/me')).status).toBe(401);
  });

  test('a form of another site is refused, and changes nothing', async () => {
    await call(page, 'POST', '/auth/register', credentials);
    const submit = async (action: string, fields: string): Promise<number> => {
      foreignPage = `<!doctype html><form method="post" action="${origin}${action}">${fields}</form>`;
      const eve = await context.newPage();
      await eve.goto(`http://evil.localhost:${foreignPort}/`);
      const answered = eve.waitForResponse(`${origin}${action}`);
      await eve.evaluate('document.forms[0].submit()');
      return (await answered).status();
    };
    // the victim would work in the attacker's account
    const fields = Object.entries({ ...credentials, email: 'eve@example.com' })
      .map(([name, value]) => `<input name="${name}" value="${value}">`)
      .join('');
    expect(await submit('/auth/login', fields)).toBe(403);
    expect([401, 403]).toContain(await submit('/auth/logout-all', ''));
    expect([401, 403, 415]).toContain(await submit('/projects', '<input name="name" value="theirs">'));
    expect(await cookies()).toEqual(signedIn);
    expect(await call(page, 'GET', '/auth/me')).toMatchObject({ status: 200, body: { email: credentials.email } });
    expect((await call(page, 'GET', '/projects')).body).toMatchObject({ total: 0 });
  });

  test('a sibling origin of the same site, which cookies do reach, is refused', async () => {
    await call(page, 'POST', '/auth/register', credentials);
    const sibling = await context.newPage();
    foreignPage = `<!doctype html><form method="post" action="${origin}/auth/logout-all"></form>`;
    await sibling.goto(`http://b.app.localhost:${foreignPort}/`);
    const sent = sibling.waitForRequest(`${origin}/auth/logout-all`);
    const answered = sibling.waitForResponse(`${origin}/auth/logout-all`);
    await sibling.evaluate('document.forms[0].submit()');
    expect((await (await sent).allHeaders())['cookie']).toContain('__Host-Http-castellan-at'); // SameSite alone stops nothing here
    expect((await answered).status()).toBe(403);
    expect((await call(page, 'GET', '/auth/me')).status).toBe(200);

    // and no script of it reads anything
    const reader = await context.newPage();
    await reader.goto(`http://b.app.localhost:${foreignPort}/`);
    const read = await reader.evaluate(
      (url) =>
        fetch(url, { credentials: 'include' })
          .then((response) => response.text())
          .catch(() => 'blocked'),
      `${origin}/auth/me`,
    );
    expect(read).toBe('blocked');
  });
});
