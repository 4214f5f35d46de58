import { describe, expect, it } from 'vitest';
import { Problem } from '../http/index.ts';
import { StoreUnavailableError } from '../kernel/index.ts';
import { type AccountScene, accountScene, countingArgon2, HOME, PASSWORD } from './account-scene.cases.ts';
import type { AccountStore } from './account-store.ts';
import { owaspParameters, workOf } from './argon2-parameters.ts';
import { createHashingGate } from './hashing-gate.ts';
import type { PasswordVerifier } from './password-verifier.ts';

const WORK = workOf(owaspParameters);
const WRONG = 'not the password';

/** What a refused sign-in shows: everything of its problem. */
async function refusal(login: Promise<unknown>): Promise<object> {
  const error = await login.then(
    () => expect.unreachable('signed in'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw error;
  const { code, detail, fields, headers, message } = error;
  return { code, detail, fields, headers, message };
}

/** A store whose account has another hash than it says: none, a legacy one, a broken one. */
function withHash(passwordHash: string | null) {
  return (store: AccountStore<undefined>): AccountStore<undefined> => ({
    ...store,
    async credentialByEmail(tenant, key) {
      const credential = await store.credentialByEmail(tenant, key);
      return credential && { ...credential, passwordHash };
    },
  });
}

/** Of the right password, made with other parameters. */
const WEAK = await countingArgon2(() => undefined).hash(PASSWORD, { memoryKiB: 64, passes: 1, parallelism: 1 });

const legacy: PasswordVerifier = {
  recognises: (hash) => hash.startsWith('legacy:'),
  verify: async (hash, password) => hash === `legacy:${password}`,
};

describe('a sign-in', () => {
  it('with the right password gets a session and the account', async () => {
    const { register, login, trail, facts } = accountScene();
    const registered = await register();
    const { account, tokens } = await login(' ADA@example.com ', PASSWORD);
    expect(account.id).toBe(registered.account.id);
    expect(tokens.session.sessionId).not.toBe(registered.tokens.session.sessionId);
    expect(await trail()).toEqual(['user.register success', 'user.login success']);
    expect(facts.map(([name]) => name)).toEqual(['account.registered']);
  });

  it('is refused with the same answer for every reason, and written down with its own', async () => {
    const scene = accountScene();
    const { account } = await scene.register();
    const wrong = await refusal(scene.login('ada@example.com', WRONG));
    const unknown = await refusal(scene.login('nobody@example.com', PASSWORD));
    await scene.disable(account.id);
    const disabled = await refusal(scene.login('ada@example.com', PASSWORD));
    expect(wrong).toEqual({
      code: 'invalid_credentials',
      detail: undefined,
      fields: undefined,
      headers: { 'www-authenticate': 'Bearer' },
      message: 'invalid_credentials',
    });
    expect(unknown).toEqual(wrong);
    expect(disabled).toEqual(wrong);
    expect(await scene.trail()).toEqual([
      'user.register success',
      'user.login failure wrong_password',
      'user.login failure unknown_account',
      'subject.disable success',
      'user.login failure disabled',
    ]);
    expect(scene.facts.slice(1)).toEqual([
      ['account.login_failed', { tenant: '', subject: account.id, reason: 'wrong_password', origin: HOME }],
      ['account.login_failed', { tenant: '', subject: null, reason: 'unknown_account', origin: HOME }],
      ['account.login_failed', { tenant: '', subject: account.id, reason: 'disabled', origin: HOME }],
    ]);
  });

  it.each<
    [string, (scene: AccountScene) => Promise<unknown>, ((store: AccountStore<undefined>) => AccountStore<undefined>)?]
  >([
    ['an unknown address', ({ login }) => login('nobody@example.com', WRONG)],
    ['a wrong password', ({ login }) => login('ada@example.com', WRONG)],
    [
      'a disabled account, right password',
      async ({ login, store, disable }) => {
        await disable((await store.credentialByEmail('', 'ada@example.com'))?.account.id ?? '');
        return login('ada@example.com', PASSWORD);
      },
    ],
    ['an account without a password', ({ login }) => login('ada@example.com', WRONG), withHash(null)],
    ['a broken hash', ({ login }) => login('ada@example.com', WRONG), withHash('$argon2id$v=19$m=1')],
    ['a hash of nobody’s kind', ({ login }) => login('ada@example.com', WRONG), withHash('{SSHA}abc')],
    ['a legacy hash', ({ login }) => login('ada@example.com', WRONG), withHash('legacy:other')],
    [
      'a hash with fewer passes',
      ({ login }) => login('ada@example.com', WRONG),
      withHash(`$argon2id$v=19$m=19456,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`),
    ],
    [
      'a hash with less memory',
      ({ login }) => login('ada@example.com', WRONG),
      withHash(`$argon2id$v=19$m=4096,t=3,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`),
    ],
  ])('takes one pass of the gate, the same work and one audit row to refuse: %s', async (_, attempt, store) => {
    const scene = accountScene({ hasher: { legacyHashes: [legacy] }, ...(store && { store }) });
    await scene.register();
    scene.passes();
    await expect(attempt(scene)).rejects.toMatchObject({ code: 'invalid_credentials' });
    const passes = scene.passes();
    expect(passes.map((works) => works.reduce((sum, work) => sum + work, 0))).toEqual([WORK]);
    expect((await scene.trail()).filter((row) => row.startsWith('user.login failure'))).toHaveLength(1);
  });

  it('asks every legacy verifier for its work when it is refused, so that none shows by its absence', async () => {
    const asked: string[] = [];
    const spending: PasswordVerifier = {
      ...legacy,
      async verify(hash, password) {
        asked.push('verify');
        return legacy.verify(hash, password);
      },
      async decoy() {
        asked.push('decoy');
      },
    };
    const unknown = accountScene({ hasher: { legacyHashes: [spending] } });
    await refusal(unknown.login('nobody@example.com', WRONG));
    expect(asked.splice(0)).toEqual(['decoy']);
    const known = accountScene({ hasher: { legacyHashes: [spending] }, store: withHash('legacy:x') });
    await known.register();
    await refusal(known.login('ada@example.com', WRONG));
    expect(asked).toEqual(['verify']);
  });

  it('that failed is in the trail of the account that it was tried on: its owner wants to know', async () => {
    const { register, login, audit } = accountScene();
    const { account } = await register();
    await refusal(login('ada@example.com', WRONG));
    const { items } = await audit.query({ tenant: '', actor: account.id, action: 'user.login' });
    expect(items).toMatchObject([{ outcome: 'failure', targetKind: 'subject', target: account.id, origin: HOME }]);
  });

  it('is refused when the subject’s epoch moved while the password was checked', async () => {
    const scene = accountScene({
      store: (store) => ({
        ...store,
        async credentialByEmail(tenant, key) {
          const credential = await store.credentialByEmail(tenant, key);
          if (credential) await end(credential.account.id);
          return credential;
        },
      }),
    });
    const end = (id: string) => scene.subjects.endAll({ tenant: '', id, actor: id, audit: scene.audit.stamp(HOME) });
    await scene.register();
    await refusal(scene.login('ada@example.com', PASSWORD));
    expect((await scene.trail()).at(-1)).toBe('user.login failure superseded');
  });

  it('is no refusal when the store is away', async () => {
    const away = () => Promise.reject(new StoreUnavailableError('memory', 'away'));
    const { login } = accountScene({ store: (store) => ({ ...store, credentialByEmail: away }) });
    await expect(login('ada@example.com', PASSWORD)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('that finds the gate full is told so before the store is asked for anything, and not written down', async () => {
    const gate = createHashingGate({ concurrency: 1, queue: 1 });
    const asked: string[] = [];
    const scene = accountScene({
      hasher: { gate },
      store: (store) => ({
        ...store,
        credentialByEmail(tenant, key) {
          asked.push(key);
          return store.credentialByEmail(tenant, key);
        },
      }),
    });
    let release = (): void => undefined;
    const work = () => new Promise<void>((resolve) => (release = resolve));
    const busy = [gate.run(work), gate.run(async () => undefined)];
    await expect(scene.login('ada@example.com', PASSWORD)).rejects.toMatchObject({ code: 'overloaded' });
    expect(asked).toEqual([]);
    expect(await scene.trail()).toEqual([]);
    release();
    await Promise.all(busy);
  });

  it('never writes address or password down', async () => {
    const { login, audit, facts } = accountScene();
    await refusal(login('my-secret-typed-here@example.com', 'another secret typed here'));
    const told = JSON.stringify([await audit.query({ tenant: '' }), facts]);
    expect(told).toContain('unknown_account');
    expect(told).not.toContain('secret');
  });
});

describe('a re-hash', () => {
  const LEGACY = `legacy:${PASSWORD}`;
  const CURRENT = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/;
  const hashOf = async ({ store }: AccountScene) =>
    (await store.credentialByEmail('', 'ada@example.com'))?.passwordHash;

  /** An account that was made with another hash than ours. */
  async function accountWith(passwordHash: string, change: Partial<AccountStore<undefined>> = {}) {
    const scene = accountScene({
      hasher: { legacyHashes: [legacy] },
      store: (store) => ({
        ...store,
        create: (call, within) => store.create({ ...call, passwordHash }, within),
        ...change,
      }),
    });
    await scene.register();
    scene.passes();
    return scene;
  }

  it.each([
    ['was made by another app', LEGACY],
    ['has other parameters than today’s', WEAK],
  ])('follows a sign-in whose hash %s, once', async (_, from) => {
    const scene = await accountWith(from);
    await scene.login('ada@example.com', PASSWORD);
    await scene.accounts.settled();
    expect(await hashOf(scene)).toMatch(CURRENT);
    expect(scene.passes()).toHaveLength(2);
    await scene.login('ada@example.com', PASSWORD);
    await scene.accounts.settled();
    expect(scene.passes()).toHaveLength(1);
  });

  it('does not follow a refused sign-in', async () => {
    const scene = await accountWith(LEGACY);
    await refusal(scene.login('ada@example.com', WRONG));
    await scene.accounts.settled();
    expect(await hashOf(scene)).toBe(LEGACY);
  });

  it('of many sign-ins at once happens once', async () => {
    const scene = await accountWith(LEGACY);
    await Promise.all(Array.from({ length: 5 }, () => scene.login('ada@example.com', PASSWORD)));
    await scene.accounts.settled();
    expect(scene.passes().flat()).toEqual([WORK]);
    expect(await hashOf(scene)).toMatch(CURRENT);
  });

  it('never replaces a password that was changed meanwhile', async () => {
    const scene = await accountWith(LEGACY);
    const { account, tokens } = await scene.login('ada@example.com', PASSWORD);
    const principal = { tenant: '', subject: account.id, sessionId: tokens.session.sessionId };
    const passwords = { currentPassword: PASSWORD, newPassword: 'a new password for ada' };
    await Promise.all([
      scene.login('ada@example.com', PASSWORD),
      scene.accounts.changePassword({ principal, ...passwords, origin: HOME }),
    ]);
    await scene.accounts.settled();
    await expect(scene.login('ada@example.com', 'a new password for ada')).resolves.toBeDefined();
    await refusal(scene.login('ada@example.com', PASSWORD));
  });

  it('that fails is nobody’s failure: the sign-in stands', async () => {
    const scene = await accountWith(LEGACY, {
      rehash: () => Promise.reject(new StoreUnavailableError('memory', 'away')),
    });
    await expect(scene.login('ada@example.com', PASSWORD)).resolves.toBeDefined();
    await scene.accounts.settled();
    expect(await hashOf(scene)).toBe(LEGACY);
  });
});
