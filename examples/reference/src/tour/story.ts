import type { Send } from './http-client.ts';

/** Checks one claim of a step; the tour counts and prints it. */
export type Check = (claim: string, holds: boolean) => void;

/** What a step has to work with. */
export interface Stage {
  readonly send: Send;
  readonly check: Check;
  /** Opens a step. */
  readonly step: (title: string) => void;
  /** Lets real time pass: the windows of the protocol are real, too. */
  readonly pass: (ms: number, why: string) => Promise<void>;
  /** What an administrator would do. */
  readonly setTier: (subject: string, tier: string) => Promise<void>;
  readonly graceMs: number;
  readonly maxStalenessMs: number;
}

const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'staple of another kind';

/** The life of an account's sessions, from the first sign-up to a detected theft and back. */
export async function tellStory({ send, check, step, pass, graceMs, maxStalenessMs }: Stage): Promise<void> {
  const email = `ada-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const login = (password: string) => send('POST', '/auth/login', { body: { email, password } });
  const refresh = (refresh_token: string) => send('POST', '/auth/refresh', { body: { refresh_token } });
  const me = (token: string) => send('GET', '/auth/me', { token });

  step('Register: an account and its first session');
  const phone = await send('POST', '/auth/register', { body: { email, password: PASSWORD, display_name: 'Ada' } });
  check(
    '201 with an access token, a refresh token and the account',
    phone.status === 201 && phone.body.account.email === email,
  );

  step('Log in on a laptop: a second session');
  const laptop = await login(PASSWORD);
  check(
    '200 with tokens of their own',
    laptop.status === 200 && laptop.body.refresh_token !== phone.body.refresh_token,
  );

  step('Who am I?');
  const self = await me(laptop.body.access_token);
  check('the account answers', self.status === 200 && self.body.email === email && self.body.tier !== undefined);

  step('Create a project');
  const project = await send('POST', '/projects', {
    token: laptop.body.access_token,
    body: { name: 'Analytical engine' },
  });
  check('201, owned by this account', project.status === 201 && project.body.name === 'Analytical engine');

  step('Refresh: a new pair');
  const first = laptop.body.refresh_token;
  const rotated = await refresh(first);
  check('200 with another refresh token', rotated.status === 200 && rotated.body.refresh_token !== first);

  step('Refresh again at once: a young token is not spent');
  const kept = await refresh(rotated.body.refresh_token);
  check(
    '200 with the same refresh token',
    kept.status === 200 && kept.body.refresh_token === rotated.body.refresh_token,
  );

  step('The old token inside the window: a retry after a lost answer');
  const retried = await refresh(first);
  check(
    '200 with the same successor',
    retried.status === 200 && retried.body.refresh_token === rotated.body.refresh_token,
  );

  step('The new access token is used, time passes, and a thief replays the old refresh token');
  check('the laptop works', (await me(rotated.body.access_token)).status === 200);
  await pass(graceMs + 250, 'until the window has closed');
  const stolen = await refresh(first);
  check(
    '401 invalid_grant: reuse detected, the session ends',
    stolen.status === 401 && stolen.body.code === 'invalid_grant',
  );
  const deadline = performance.now() + maxStalenessMs;
  let dead = await me(rotated.body.access_token);
  while (dead.status === 200 && performance.now() < deadline) {
    await pass(100, 'the revocation is on its way');
    dead = await me(rotated.body.access_token);
  }
  check('the access token is dead within maxStaleness', dead.status === 401);
  check("the other side's access token is dead, too", (await me(retried.body.access_token)).status === 401);
  check('the refresh token is dead', (await refresh(rotated.body.refresh_token)).status === 401);

  step('Log in again: two sessions are listed');
  const desk = await login(PASSWORD);
  const sessions = await send('GET', '/auth/sessions', { token: desk.body.access_token });
  check(
    'the phone and this one, newest first',
    sessions.body.total === 2 && sessions.body.items[0].is_current === true,
  );

  step('Change the password: this device lives, the other is out');
  const changed = await send('POST', '/auth/change-password', {
    token: desk.body.access_token,
    body: { current_password: PASSWORD, new_password: NEW_PASSWORD },
  });
  check('200 with new tokens', changed.status === 200 && changed.body.refresh_token !== desk.body.refresh_token);
  check('this device lives', (await me(changed.body.access_token)).status === 200);
  check('the phone is out', (await me(phone.body.access_token)).status === 401);
  check('and cannot refresh', (await refresh(phone.body.refresh_token)).status === 401);

  step('A sign-in elsewhere, then revoke all others');
  const elsewhere = await login(NEW_PASSWORD);
  const others = await send('POST', '/auth/sessions/revoke-others', { token: changed.body.access_token });
  check('one was ended', others.status === 200 && others.body.revoked === 1);
  check('it is out', (await me(elsewhere.body.access_token)).status === 401);

  step('Log out: a refresh is refused');
  const out = await send('POST', '/auth/logout', {
    token: changed.body.access_token,
    body: { refresh_token: changed.body.refresh_token },
  });
  check('204', out.status === 204);
  const refused = await refresh(changed.body.refresh_token);
  check('401 invalid_grant', refused.status === 401 && refused.body.code === 'invalid_grant');

  step("Log in once more: the account's audit trail");
  const again = await login(NEW_PASSWORD);
  const trail = await send('GET', '/auth/audit?limit=100', { token: again.body.access_token });
  const actions: string[] = trail.body.items.map((event: { action: string }) => event.action);
  check('the reuse is in it', actions.includes('session.reuse_detected'));
  check(
    'sign-ups, sign-ins, the password change and the log-out are in it',
    [
      'user.register',
      'user.login',
      'user.change_password',
      'session.revoke_others',
      'user.logout',
      'project.create',
    ].every((action) => actions.includes(action)),
  );
  const refreshes = trail.body.items.filter(
    (event: { action: string; outcome: string }) => event.action === 'user.refresh' && event.outcome === 'success',
  );
  check('the latest ordinary refreshes are not in it yet', refreshes.length === 0);
}
