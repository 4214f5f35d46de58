import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { doomedPool } from '../support/doomed-pool.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';
import { accessToken, type HttpApp, type Reply, refreshToken, request, startHttpApp } from './http-app.ts';

/**
 * The connection dies after COMMIT was sent: the database has done what it was asked, and nobody here knows. Each verb
 * is to answer as if nothing had happened, to have happened once, and to be in the audit log once.
 */
let server: PostgresServer;
let direct: pg.Pool;
const password = 'correct horse battery';
let number = 0;

beforeAll(async () => {
  server = await startPostgresServer({ fsync: true });
  direct = doomedPool({ connectionString: server.url, max: 4 });
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});

interface Row {
  readonly action: string;
  readonly outcome: number;
  readonly target: string | null;
  readonly result: string | null;
}

describe.each(['auto', 'batch'] as const)('batching: %s', (batching) => {
  let proxy: FaultProxy;
  let pool: pg.Pool;
  let app: HttpApp;
  /** Facts that were told, by name. */
  let told: string[];
  let agent: string;

  beforeEach(async () => {
    proxy = await startFaultProxy(server.port);
    pool = new pg.Pool({ connectionString: proxy.through(server.url), max: 4, connectionTimeoutMillis: 2000 });
    app = await startHttpApp(pool, { sessions: { grace: 0 }, storeOptions: { batching } });
    told = [];
    for (const name of ['session.revoked', 'session.reuse_detected', 'session.expired', 'session.rotated'] as const)
      app.castellan.events.on(name, () => told.push(name));
    agent = `lost-${batching}-${++number}`;
    return async () => {
      await app.stop();
      await pool.end();
      await proxy.stop();
    };
  });

  const call = (method: string, path: string, options: Parameters<typeof request>[3] = {}): Promise<Reply> =>
    request(app.url, method, path, options);
  const register = (): Promise<Reply> =>
    call('POST', '/auth/register', { body: { email: `lost${++number}@example.com`, password } });
  const login = (): Promise<Reply> =>
    call('POST', '/auth/login', { body: { email: `lost${number}@example.com`, password } });
  const refresh = (token: string): Promise<Reply> => call('POST', '/auth/refresh', { body: { refresh_token: token } });
  const whoami = (reply: Reply): Promise<Reply> => call('GET', '/whoami', { token: accessToken(reply) });

  /** Sends a request; of the first statement that says whose it is the answer is lost. */
  async function losing(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly token?: string } = {},
  ): Promise<Reply> {
    proxy.loseAnswerTo(agent); // every verb binds the user agent for its audit row
    const reply = await call(method, path, { ...options, headers: { 'user-agent': agent } });
    await proxy.lost;
    return reply;
  }
  const trail = async (): Promise<readonly Row[]> => {
    const text = `select action, outcome, target, meta ->> 'result' as result from castellan.audit_event where user_agent = $1`;
    return (await direct.query<Row>(text, [agent])).rows;
  };
  const sessionOf = (reply: Reply): string => {
    const [, payload = ''] = accessToken(reply).split('.');
    return String(JSON.parse(Buffer.from(payload, 'base64url').toString()).sid);
  };

  test('registration', async () => {
    const body = { email: `lost${++number}@example.com`, password };
    const reply = await losing('POST', '/auth/register', { body });
    expect(reply.status).toBe(201);
    expect((await trail()).map(({ action }) => action)).toEqual(['user.register']);
    expect((await whoami(reply)).status).toBe(200);
  });

  test('registration with rows of the app’s own, when COMMIT itself is lost', async () => {
    let times = 0;
    const own = await startHttpApp(pool, {
      accounts: { argon2: { memoryKiB: 1024, passes: 1 }, onAccountCreated: async () => void times++ },
    });
    try {
      proxy.loseAnswerTo('commit\0');
      const body = { email: `lost${++number}@example.com`, password };
      const reply = await request(own.url, 'POST', '/auth/register', { body, headers: { 'user-agent': agent } });
      await proxy.lost;
      expect([reply.status, times]).toEqual([201, 1]);
      expect((await trail()).map(({ action }) => action)).toEqual(['user.register']);
    } finally {
      await own.stop();
    }
  });

  test('sign-in', async () => {
    await register();
    const reply = await losing('POST', '/auth/login', { body: { email: `lost${number}@example.com`, password } });
    expect(reply.status).toBe(200);
    expect((await trail()).map(({ action }) => action)).toEqual(['user.login']);
    expect((await whoami(reply)).status).toBe(200);
  });

  test('a refused sign-in, which is nothing but an entry', async () => {
    await register();
    const body = { email: `lost${number}@example.com`, password: 'wrong horse battery' };
    expect((await losing('POST', '/auth/login', { body })).status).toBe(401);
    expect((await trail()).map(({ action, outcome }) => [action, outcome])).toEqual([['user.login', 1]]);
  });

  test('refresh', async () => {
    const account = await register();
    const reply = await losing('POST', '/auth/refresh', { body: { refresh_token: refreshToken(account) } });
    expect(reply.status).toBe(200);
    expect((await trail()).map(({ action, result }) => [action, result])).toEqual([['user.refresh', 'rotate']]);
    expect(told).toEqual(['session.rotated']);
    expect((await whoami(reply)).status).toBe(200);
    expect((await refresh(refreshToken(reply))).status).toBe(200);
  });

  test('a refresh that is a detected reuse: told once, with the session that it ended', async () => {
    const account = await register();
    await whoami(await refresh(refreshToken(account)));
    told.length = 0;
    const reply = await losing('POST', '/auth/refresh', { body: { refresh_token: refreshToken(account) } });
    expect([reply.status, reply.body['code']]).toEqual([401, 'invalid_grant']);
    expect(told).toEqual(['session.reuse_detected']);
    expect(await trail()).toEqual([
      { action: 'session.reuse_detected', outcome: 1, target: sessionOf(account), result: 'reuse' },
    ]);
  });

  test('a refresh after the session’s idle life: its holder is told that the time is over', async () => {
    const account = await register();
    await direct.query(`update castellan.session set idle_expires_at = now() - interval '1 s' where id = $1`, [
      sessionOf(account),
    ]);
    const reply = await losing('POST', '/auth/refresh', { body: { refresh_token: refreshToken(account) } });
    expect([reply.status, reply.body['code']]).toEqual([401, 'session_expired']);
    expect(told).toEqual(['session.expired']);
    expect((await trail()).map(({ action, result }) => [action, result])).toEqual([['user.refresh', 'idle']]);
  });

  test('first use of an access token', async () => {
    const account = await register();
    const text = `select confirmed_at is not null as confirmed from castellan.session where id = $1`;
    // nothing of it is bound but the ids: the accept of many has no audit row
    proxy.loseAnswerTo(batching === 'auto' ? agent : 'with calls as');
    const reply = await call('GET', '/whoami', { token: accessToken(account), headers: { 'user-agent': agent } });
    await proxy.lost;
    expect(reply.status).toBe(200);
    expect((await direct.query(text, [sessionOf(account)])).rows).toEqual([{ confirmed: true }]);
  });

  test('the first use of a displaced access token: told once, with the session that it ended', async () => {
    const account = await register();
    const displaced = await refresh(refreshToken(account));
    expect((await refresh(refreshToken(account))).status).toBe(200);
    told.length = 0;
    const reply = await losing('GET', '/whoami', { token: accessToken(displaced) });
    expect([reply.status, reply.body['code']]).toEqual([401, 'invalid_token']);
    expect(told).toEqual(['session.reuse_detected']);
    expect(await trail()).toEqual([
      { action: 'session.reuse_detected', outcome: 1, target: sessionOf(account), result: 'displaced' },
    ]);
  });

  test('log-out', async () => {
    const account = await register();
    const reply = await losing('POST', '/auth/logout', { body: { refresh_token: refreshToken(account) } });
    expect(reply.status).toBe(204);
    expect(told).toEqual(['session.revoked']);
    expect((await trail()).map(({ action }) => action)).toEqual(['user.logout']);
    expect((await whoami(account)).status).toBe(401);
  });

  test('a revoked session', async () => {
    const here = await register();
    const there = await login();
    expect((await whoami(here)).status).toBe(200); // or the lost answer would be that of its first use
    const reply = await losing('POST', `/auth/sessions/${sessionOf(there)}/revoke`, { token: accessToken(here) });
    expect(reply.status).toBe(204);
    expect(told).toEqual(['session.revoked']);
    expect(await trail()).toEqual([{ action: 'session.revoke', outcome: 0, target: sessionOf(there), result: null }]);
  });

  test('revoke-others: the same count, and each is told', async () => {
    const here = await register();
    await login();
    await login();
    expect((await whoami(here)).status).toBe(200);
    const reply = await losing('POST', '/auth/sessions/revoke-others', { token: accessToken(here) });
    expect([reply.status, reply.body]).toEqual([200, { revoked: 2 }]);
    expect(told).toEqual(['session.revoked', 'session.revoked']);
    expect((await trail()).map(({ action }) => action)).toEqual(['session.revoke_others']);
  });

  test('log-out everywhere: one step of the epoch', async () => {
    const here = await register();
    expect((await whoami(here)).status).toBe(200);
    expect((await losing('POST', '/auth/logout-all', { token: accessToken(here) })).status).toBe(204);
    expect((await trail()).map(({ action }) => action)).toEqual(['user.logout_all']);
    const text = `select u.auth_epoch from castellan.subject u join castellan.session s on s.subject = u.id where s.id = $1`;
    expect((await direct.query(text, [sessionOf(here)])).rows).toEqual([{ auth_epoch: 1 }]);
    expect((await whoami(here)).status).toBe(401);
  });

  test('a changed password', async () => {
    const here = await register();
    expect((await whoami(here)).status).toBe(200);
    const body = { current_password: password, new_password: 'another horse battery' };
    const reply = await losing('POST', '/auth/change-password', { token: accessToken(here), body });
    expect(reply.status).toBe(200);
    expect((await trail()).map(({ action, outcome }) => [action, outcome])).toEqual([['user.change_password', 0]]);
    expect((await whoami(reply)).status).toBe(200);
  });

  test('changed fields of the account', async () => {
    const here = await register();
    expect((await whoami(here)).status).toBe(200);
    const reply = await losing('PATCH', '/auth/me', { token: accessToken(here), body: { display_name: 'Ada' } });
    expect([reply.status, reply.body['display_name']]).toEqual([200, 'Ada']);
    expect((await trail()).map(({ action }) => action)).toEqual(['user.update']);
  });

  test('what the app tells of its subjects: dead and stale here at once', async () => {
    const { subjects } = app.castellan;
    const by = { origin: { ip: null, userAgent: agent, requestId: null } };
    const steps = [
      ['tier.change', (id: string) => subjects.setTier(id, 'default', by), 401],
      ['subject.disable', (id: string) => subjects.disable(id, by), 401],
      ['user.logout_all', (id: string) => subjects.endAll(id, by), 401],
      ['subject.enable', (id: string) => subjects.enable(id, by), 200],
    ] as const;
    for (const [action, act, status] of steps) {
      const account = await register();
      expect((await whoami(account)).status).toBe(200);
      const { subject } = (await whoami(account)).body;
      if (action === 'subject.enable')
        await direct.query('update castellan.subject set disabled_at = now() where id = $1', [subject]);
      const epochs = 'select auth_epoch, claims_epoch from castellan.subject where id = $1';
      proxy.loseAnswerTo(String(subject));
      const answer = await act(String(subject));
      const { rows } = await direct.query(epochs, [subject]);
      expect([answer?.authEpoch, answer?.claimsEpoch]).toEqual([rows[0].auth_epoch, rows[0].claims_epoch]);
      expect(rows[0].auth_epoch + rows[0].claims_epoch).toBe(status === 401 ? 1 : 0);
      expect((await whoami(account)).status).toBe(status);
      expect((await trail()).map((row) => row.action).filter((name) => name === action)).toEqual([action]);
    }
  });

  describe('the connection is lost while the first try still waits for a lock', () => {
    const waiting = async (count: number): Promise<void> => {
      const text = `select count(*)::int as n from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`;
      await vi.waitFor(async () => expect((await direct.query(text)).rows).toEqual([{ n: count }]), {
        timeout: 5000,
        interval: 5,
      });
    };
    /** Sends a request whose verb waits for a row, and loses its connection there; the row is free when the second waits, too. */
    async function losingInWait(
      table: 'session' | 'subject' | 'account',
      id: string,
      send: () => Promise<Reply>,
    ): Promise<Reply> {
      const holder = await direct.connect();
      try {
        await holder.query('begin');
        await holder.query(`select 1 from castellan.${table} where id::text = $1 for update`, [id]);
        const reply = send();
        await waiting(1);
        proxy.cut();
        proxy.heal();
        await waiting(2);
        await holder.query('rollback');
        return await reply;
      } finally {
        await holder.query('rollback');
        holder.release();
      }
    }

    test('a revoked session', async () => {
      const here = await register();
      const there = await login();
      expect((await whoami(here)).status).toBe(200);
      const id = sessionOf(there);
      const reply = await losingInWait('session', id, () =>
        call('POST', `/auth/sessions/${id}/revoke`, { token: accessToken(here), headers: { 'user-agent': agent } }),
      );
      expect(reply.status).toBe(204);
      expect((await trail()).map(({ action }) => action)).toEqual(['session.revoke']);
    });

    test('revoke-others', async () => {
      const here = await register();
      const there = await login();
      await login();
      expect((await whoami(here)).status).toBe(200);
      const reply = await losingInWait('session', sessionOf(there), () =>
        call('POST', '/auth/sessions/revoke-others', { token: accessToken(here), headers: { 'user-agent': agent } }),
      );
      expect([reply.status, reply.body]).toEqual([200, { revoked: 2 }]);
      expect((await trail()).map(({ action }) => action)).toEqual(['session.revoke_others']);
    });

    test('log-out everywhere', async () => {
      const here = await register();
      const { subject } = (await whoami(here)).body;
      const reply = await losingInWait('subject', String(subject), () =>
        call('POST', '/auth/logout-all', { token: accessToken(here), headers: { 'user-agent': agent } }),
      );
      expect(reply.status).toBe(204);
      expect((await trail()).map(({ action }) => action)).toEqual(['user.logout_all']);
    });

    test('changed fields of the account', async () => {
      const here = await register();
      const { subject } = (await whoami(here)).body;
      const options = { token: accessToken(here), body: { display_name: 'Ada' }, headers: { 'user-agent': agent } };
      const reply = await losingInWait('account', String(subject), () => call('PATCH', '/auth/me', options));
      expect([reply.status, reply.body['display_name']]).toEqual([200, 'Ada']);
      expect((await trail()).map(({ action }) => action)).toEqual(['user.update']);
    });

    test('a detected reuse, and the first use of a displaced access token', async () => {
      const account = await register();
      const displaced = await refresh(refreshToken(account));
      expect((await refresh(refreshToken(account))).status).toBe(200);
      told.length = 0;
      const reply = await losingInWait('session', sessionOf(account), () =>
        call('GET', '/whoami', { token: accessToken(displaced), headers: { 'user-agent': agent } }),
      );
      expect([reply.status, told]).toEqual([401, ['session.reuse_detected']]);
      expect((await trail()).map(({ result }) => result)).toEqual(['displaced']);

      const other = await register();
      await whoami(await refresh(refreshToken(other)));
      told.length = 0;
      const refused = await losingInWait('session', sessionOf(other), () => refresh(refreshToken(other)));
      expect([refused.status, told]).toEqual([401, ['session.reuse_detected']]);
    });
  });
});
