import { describe, expect, it } from 'vitest';
import type { Endpoint, HttpResponse, Principal } from '../http/index.ts';
import { Problem } from '../http/index.ts';
import { accountEndpoints } from './account-endpoints.ts';
import { accountScene, PASSWORD } from './account-scene.cases.ts';
import { createPasswordPolicy } from './password-policy.ts';

const NEW = 'another battery staple horse';

/** The endpoints over a scene, called as the table of endpoints calls them. */
function mounted(change: Parameters<typeof accountScene>[0] = {}) {
  const scene = accountScene(change);
  const endpoints = accountEndpoints({
    accounts: scene.accounts,
    passwordPolicy: createPasswordPolicy(),
    defaultTier: 'free',
  });
  const call = async (name: string, value?: unknown, principal?: Principal): Promise<HttpResponse> => {
    const [method = '', path = ''] = name.split(' ');
    const endpoint = endpoints.find((one) => one.method === method && one.path === path) as Endpoint;
    const request = {
      method,
      target: `/auth${path}`,
      route: undefined,
      headers: { 'user-agent': 'browser/1' },
      ip: '::ffff:192.0.2.1', // as dual-stack sockets tell it
      arrivedAt: performance.now(),
      gone: false,
    };
    const context = { requestId: 'request-1', tenant: '', ...(principal && { principal }) };
    const body = { value, raw: undefined };
    return endpoint.handle({ request, context, headers: {}, body, params: {}, query: new URLSearchParams() });
  };
  return { ...scene, endpoints, call };
}

const json = (response: HttpResponse) => JSON.parse(response.body as string) as Record<string, never>;

/** Faults as `pointer code`. */
async function faults(answer: Promise<HttpResponse>): Promise<readonly string[]> {
  const error = await answer.then(
    () => expect.unreachable('was taken'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem) || error.code !== 'validation_failed') throw error;
  return (error.fields ?? []).map(({ pointer, code }) => `${pointer} ${code}`);
}

async function signedIn(scene: ReturnType<typeof mounted>) {
  const { account, tokens } = await scene.register();
  const principal: Principal = {
    subject: account.id,
    tenant: '',
    sessionId: tokens.session.sessionId,
    scopes: new Set(),
    tier: 'free',
    claims: {},
  };
  return principal;
}

const credentials = { email: 'Ada@Example.com', password: PASSWORD };

describe('the account endpoints', () => {
  it('are five, and only registration and sign-in are public', () => {
    const { endpoints } = mounted();
    const name = (one: Endpoint) => `${one.method} ${one.path}`;
    expect(endpoints.map(name)).toEqual([
      'POST /register',
      'POST /login',
      'GET /me',
      'PATCH /me',
      'POST /change-password',
    ]);
    expect(endpoints.filter((one) => one.public).map(name)).toEqual(['POST /register', 'POST /login']);
    expect(endpoints.find((one) => one.path === '/login')?.body).toEqual(['json', 'form']);
  });

  it('register: 201 with tokens and the account', async () => {
    const { call } = mounted();
    const response = await call('POST /register', { ...credentials, display_name: 'Ada', transport: 'bearer' });
    expect(response.status).toBe(201);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(json(response)).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      refresh_token: expect.stringMatching(/^cst_rt_/),
      account: {
        id: expect.any(String),
        email: 'Ada@Example.com',
        username: null,
        tier: 'free',
        display_name: 'Ada',
        avatar_url: null,
        bio: null,
        is_active: true,
        is_email_verified: false,
        created_at: '2026-01-05T12:00:00.000Z',
        updated_at: '2026-01-05T12:00:00.000Z',
      },
    });
  });

  it('login: 200 with tokens and the account', async () => {
    const scene = mounted();
    await scene.call('POST /register', credentials);
    const response = await scene.call('POST /login', { ...credentials, email: ' ada@EXAMPLE.com' });
    expect(response.status).toBe(200);
    expect(json(response)).toMatchObject({ token_type: 'Bearer', account: { email: 'Ada@Example.com' } });
  });

  it('me: the account, and 404 for a subject of the app’s own', async () => {
    const scene = mounted();
    const principal = await signedIn(scene);
    expect(json(await scene.call('GET /me', undefined, principal))).toMatchObject({ id: principal.subject });
    const stranger = { ...principal, subject: '4711' };
    await expect(scene.call('GET /me', undefined, stranger)).rejects.toMatchObject({ code: 'not_found' });
    await expect(scene.call('PATCH /me', { bio: 'x' }, stranger)).rejects.toMatchObject({ code: 'not_found' });
    await expect(scene.call('GET /me', undefined, { ...principal, tenant: 'other' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('patch me: sets what is given, empties what is null, leaves the rest alone', async () => {
    const scene = mounted();
    const principal = await signedIn(scene);
    const patch = async (value: unknown) => json(await scene.call('PATCH /me', value, principal));
    const first = { display_name: 'Ada Lovelace', avatar_url: 'https://example.com/a.png', bio: 'Poetical\nscience' };
    expect(await patch(first)).toMatchObject(first);
    expect(await patch({ bio: null })).toMatchObject({ ...first, bio: null });
    expect(await patch({})).toMatchObject({ ...first, bio: null });
    expect((await scene.trail()).filter((row) => row === 'user.update success')).toHaveLength(2);
  });

  it('change password: tokens of the same session, no account', async () => {
    const scene = mounted();
    const principal = await signedIn(scene);
    const body = { current_password: PASSWORD, new_password: NEW };
    const response = await scene.call('POST /change-password', body, principal);
    expect(response.status).toBe(200);
    expect(Object.keys(json(response))).toEqual(['access_token', 'token_type', 'expires_in', 'refresh_token']);
  });

  it('write the request down: address, user agent and id', async () => {
    const scene = mounted();
    await scene.call('POST /register', credentials);
    const { items } = await scene.audit.query({ tenant: '' });
    expect(items[0]?.origin).toEqual({ ip: '192.0.2.1', userAgent: 'browser/1', requestId: 'request-1' });
  });

  it('give the gate the live request: nobody hashes for a client that has gone', async () => {
    const passes: unknown[] = [];
    const gate = {
      load: { running: 0, waiting: 0 },
      ensureRoom: () => undefined,
      run<T>(work: () => Promise<T>, pass: unknown) {
        passes.push(pass);
        return work();
      },
    };
    const scene = mounted({ hasher: { gate } });
    await scene.call('POST /register', credentials);
    expect(passes).toEqual([expect.objectContaining({ gone: false, method: 'POST' })]);
  });
});

describe('bad input', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['nothing', undefined, ['/email required', '/password required']],
    ['a text', 'ada', [' invalid_type']],
    ['an array', [], [' invalid_type']],
    ['null', null, [' invalid_type']],
    ['wrong types', { email: 1, password: {} }, ['/email invalid_type', '/password invalid_type']],
    ['null members', { email: null, password: null }, ['/email invalid_type', '/password invalid_type']],
    [
      'unknown members',
      { ...credentials, role: 'admin', 'a/b~': 1 },
      ['/role unknown_member', '/a~1b~0 unknown_member'],
    ],
    [
      'a prototype',
      JSON.parse(`{"email":"a@b.c","password":"${PASSWORD}","__proto__":{}}`),
      ['/__proto__ unknown_member'],
    ],
    ['no address', { ...credentials, email: 'ada' }, ['/email invalid_format']],
    ['10,000 characters of address', { ...credentials, email: `${'a'.repeat(9988)}@example.com` }, ['/email too_long']],
    ['NUL in the address', { ...credentials, email: 'a\0@example.com' }, ['/email invalid_character']],
    ['a header in the address', { ...credentials, email: 'a@b.c\r\nbcc:d@e.f' }, ['/email invalid_format']],
    ['a short password', { ...credentials, password: 'elevenchars' }, ['/password too_short']],
    ['a long password', { ...credentials, password: 'a'.repeat(129) }, ['/password too_long']],
    ['a huge password', { ...credentials, password: 'a'.repeat(60_000) }, ['/password too_long']],
    ['NUL in the password', { ...credentials, password: `${PASSWORD}\0` }, ['/password invalid_character']],
    [
      'half a character in the password',
      { ...credentials, password: `${PASSWORD}\ud83d` },
      ['/password invalid_character'],
    ],
    ['a long name', { ...credentials, display_name: 'a'.repeat(101) }, ['/display_name too_long']],
    ['a name on two lines', { ...credentials, display_name: 'a\nb' }, ['/display_name invalid_character']],
    ['a name that turns the text', { ...credentials, display_name: 'a\u202eb' }, ['/display_name invalid_character']],
    ['cookies, which are not enabled', { ...credentials, transport: 'cookie' }, ['/transport not_allowed']],
    [
      'all at once',
      { email: 'x', password: 'y', transport: 1, z: 0 },
      ['/email invalid_format', '/password too_short', '/transport not_allowed', '/z unknown_member'],
    ],
  ])('at registration names the fields and costs no hash: %s', async (_, body, expected) => {
    const scene = mounted();
    expect((await faults(scene.call('POST /register', body))).toSorted()).toEqual(expected.toSorted());
    expect(scene.passes()).toEqual([]);
    expect(await scene.trail()).toEqual([]);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['nothing', undefined, ['/email required', '/password required']],
    ['10,000 characters of address', { email: 'a'.repeat(10_000), password: 'x' }, ['/email too_long']],
    ['an empty password', { email: 'a@b.c', password: '' }, ['/password too_short']],
    ['a huge password', { email: 'a@b.c', password: 'a'.repeat(60_000) }, ['/password too_long']],
    ['NUL in the password', { email: 'a@b.c', password: 'a\0b' }, ['/password invalid_character']],
    ['unknown members', { email: 'a@b.c', password: 'x', remember: true }, ['/remember unknown_member']],
    [
      'cookies, which are not enabled',
      { email: 'a@b.c', password: 'x', transport: 'cookie' },
      ['/transport not_allowed'],
    ],
  ])('at sign-in names the fields and costs no hash: %s', async (_, body, expected) => {
    const scene = mounted();
    expect(await faults(scene.call('POST /login', body))).toEqual(expected);
    expect(scene.passes()).toEqual([]);
  });

  it('at sign-in a password is not measured by the policy: an old one may be short', async () => {
    const { call } = mounted();
    await expect(call('POST /login', { email: 'a@b.c', password: 'x' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
  });

  it.each<[string, unknown, readonly string[]]>([
    ['a text', 'x', [' invalid_type']],
    [
      'fields that are not the owner’s',
      { tier: 'pro', is_active: false },
      ['/tier unknown_member', '/is_active unknown_member'],
    ],
    [
      'wrong types',
      { display_name: 1, avatar_url: {}, bio: [] },
      ['/display_name invalid_type', '/avatar_url invalid_type', '/bio invalid_type'],
    ],
    [
      'long texts',
      { display_name: '😀'.repeat(101), bio: 'a'.repeat(1001) },
      ['/display_name too_long', '/bio too_long'],
    ],
    ['NUL', { bio: 'a\0' }, ['/bio invalid_character']],
    ['a bell in the bio', { bio: 'a\u0007' }, ['/bio invalid_character']],
    ['a script', { avatar_url: 'javascript:alert(1)' }, ['/avatar_url invalid_format']],
    ['data', { avatar_url: 'data:image/png;base64,AAAA' }, ['/avatar_url invalid_format']],
    ['a path', { avatar_url: '/a.png' }, ['/avatar_url invalid_format']],
    ['no host', { avatar_url: 'https://' }, ['/avatar_url invalid_format']],
    ['a password in the URL', { avatar_url: 'https://ada:secret@example.com/' }, ['/avatar_url invalid_format']],
    ['an empty URL', { avatar_url: '' }, ['/avatar_url invalid_format']],
    ['a long URL', { avatar_url: `https://example.com/${'a'.repeat(2029)}` }, ['/avatar_url too_long']],
    ['a URL that grows long', { avatar_url: `https://example.com/${'é'.repeat(1000)}` }, ['/avatar_url too_long']],
  ])('in a patch names the fields and changes nothing: %s', async (_, body, expected) => {
    const scene = mounted();
    const principal = await signedIn(scene);
    expect(await faults(scene.call('PATCH /me', body, principal))).toEqual(expected);
    expect(await scene.trail()).toEqual(['user.register success']);
  });

  it.each([
    ['https://example.com/"onerror="alert(1)', 'https://example.com/%22onerror=%22alert(1)'],
    ["https://example.com/'onerror='alert(1)", 'https://example.com/%27onerror=%27alert(1)'],
    ['HTTPS://EXAMPLE.com/A', 'https://example.com/A'],
    ['https://example.com/?q="<b>', 'https://example.com/?q=%22%3Cb%3E'],
  ])('a URL is kept as a browser writes it: %s', async (typed, kept) => {
    const scene = mounted();
    const principal = await signedIn(scene);
    expect(json(await scene.call('PATCH /me', { avatar_url: typed }, principal))['avatar_url']).toBe(kept);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['nothing', {}, ['/current_password required', '/new_password required']],
    ['a short one', { current_password: PASSWORD, new_password: 'short' }, ['/new_password too_short']],
    ['unknown members', { current_password: PASSWORD, new_password: NEW, sub: 'x' }, ['/sub unknown_member']],
  ])('in a change of password names the fields and costs no hash: %s', async (_, body, expected) => {
    const scene = mounted();
    const principal = await signedIn(scene);
    scene.passes();
    expect(await faults(scene.call('POST /change-password', body, principal))).toEqual(expected);
    expect(scene.passes()).toEqual([]);
  });

  it('shows no password in any problem', async () => {
    const scene = mounted();
    const principal = await signedIn(scene);
    const secret = 'hunter2-hunter2\0';
    const answers = [
      scene.call('POST /register', { email: 'a@b.c', password: secret }),
      scene.call('POST /login', { email: 'a@b.c', password: secret }),
      scene.call('POST /login', { email: 'a@b.c', password: 'hunter2' }),
      scene.call('POST /change-password', { current_password: 'hunter2', new_password: NEW }, principal),
      scene.call('POST /change-password', { current_password: 'hunter2', new_password: 'hunter2' }, principal),
    ];
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === 'fulfilled') expect.unreachable('was taken');
      const { code, detail, fields, headers, message } = answer.reason as Problem;
      expect(JSON.stringify({ code, detail, fields, headers, message })).not.toContain('hunter2');
    }
  });
});
