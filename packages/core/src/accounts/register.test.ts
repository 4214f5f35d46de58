import { describe, expect, it } from 'vitest';
import { accountScene, address, HOME, PASSWORD, T0 } from './account-scene.cases.ts';
import { owaspParameters, workOf } from './argon2-parameters.ts';

describe('registration', () => {
  it('makes the account, its subject and a session that can refresh', async () => {
    const { register, sessions, subjects } = accountScene();
    const { account, tokens } = await register('Ada@Example.com');
    expect(account).toMatchObject({ email: 'Ada@Example.com', isActive: true, isEmailVerified: false, createdAt: T0 });
    expect(await subjects.read('', account.id)).toMatchObject({ authEpoch: 0, disabledAt: null });
    const answer = await sessions.refresh({
      token: tokens.refreshToken,
      tenant: '',
      transport: 'bearer',
      origin: HOME,
      arrivedAt: performance.now(),
      gone: () => false,
    });
    expect(answer.answer).toBe('tokens');
  });

  it('keeps a hash of the normalised password with today’s parameters, and never the password', async () => {
    const { accounts, store } = accountScene();
    const email = address('ada@example.com');
    await accounts.register({ tenant: '', email, password: 'ﬁrst e\u0301tage 123', origin: HOME });
    const stored = await store.credentialByEmail('', 'ada@example.com');
    expect(stored?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await expect(
      accounts.login({ tenant: '', email, password: 'first étage 123', origin: HOME }),
    ).resolves.toBeDefined();
  });

  it('of a taken address is refused after the same hashing, whatever its spelling', async () => {
    const { register, passes, trail, facts } = accountScene();
    await register('ada@example.com');
    expect(passes()).toEqual([[workOf(owaspParameters)]]);
    for (const spelling of ['ada@example.com', 'ADA@EXAMPLE.COM', 'ａｄａ@example.com'])
      await expect(register(spelling, 'another password of hers')).rejects.toMatchObject({
        code: 'email_taken',
        fields: [{ pointer: '/email', code: 'taken' }],
      });
    expect(passes()).toEqual([1, 2, 3].map(() => [workOf(owaspParameters)]));
    expect(await trail()).toEqual([
      'user.register success',
      ...[1, 2, 3].map(() => 'user.register failure email_taken'),
    ]);
    expect(facts.map(([name]) => name)).toEqual(['account.registered']);
  });

  it('of 20 racers with one address exactly one gets the account', async () => {
    const { accounts, store, facts } = accountScene();
    const racers = Array.from({ length: 20 }, (_, at) =>
      accounts.register({
        tenant: '',
        email: address(at % 2 ? 'ADA@example.com' : 'ada@example.com'),
        password: `the password of racer ${at}`,
        origin: HOME,
      }),
    );
    const settled = await Promise.allSettled(racers);
    const winners = settled.filter((one) => one.status === 'fulfilled').map((one) => one.value);
    expect(winners).toHaveLength(1);
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'email_taken' });
    const stored = await store.credentialByEmail('', 'ada@example.com');
    expect(stored?.account.id).toBe(winners[0]?.account.id);
    expect(facts).toHaveLength(1);
  });

  it('of one address in two tenants makes two accounts', async () => {
    const { accounts } = accountScene();
    const email = address('ada@example.com');
    const [one, two] = await Promise.all(
      ['one', 'two'].map((tenant) => accounts.register({ tenant, email, password: PASSWORD, origin: HOME })),
    );
    expect(one?.account.id).not.toBe(two?.account.id);
  });

  it('runs the app’s own step inside, and is undone whole when that throws', async () => {
    const seen: string[] = [];
    const scene = accountScene({
      async onAccountCreated(account) {
        seen.push(account.email);
        if (seen.length === 1) throw new Error('the app says no');
      },
    });
    await expect(scene.register()).rejects.toThrow('the app says no');
    expect(await scene.store.credentialByEmail('', 'ada@example.com')).toBeUndefined();
    expect(await scene.trail()).toEqual([]);
    expect(scene.facts).toEqual([]);
    await scene.register();
    expect(seen).toEqual(['ada@example.com', 'ada@example.com']);
  });

  it('hashes before the store is asked for anything, so that no transaction waits for a hash', async () => {
    const order: string[] = [];
    const { register } = accountScene({
      hasher: {
        gate: {
          load: { running: 0, waiting: 0 },
          ensureRoom: () => undefined,
          async run(work) {
            order.push('hash');
            return work();
          },
        },
      },
      store: (store) => ({
        ...store,
        create(...call) {
          order.push('create');
          return store.create(...call);
        },
      }),
    });
    await register();
    expect(order).toEqual(['hash', 'create']);
  });
});
