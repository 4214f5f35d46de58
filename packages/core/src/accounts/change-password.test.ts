import { describe, expect, it } from 'vitest';
import type { SignedIn } from './account-requests.ts';
import { type AccountScene, accountScene, countingArgon2, HOME, PASSWORD } from './account-scene.cases.ts';
import { owaspParameters, workOf } from './argon2-parameters.ts';

const NEW = 'another battery staple horse';
const WORK = workOf(owaspParameters);

const change = ({ accounts }: AccountScene, { account, tokens }: SignedIn, current = PASSWORD, next = NEW) =>
  accounts.changePassword({
    principal: { tenant: '', subject: account.id, sessionId: tokens.session.sessionId },
    currentPassword: current,
    newPassword: next,
    origin: HOME,
  });

const refresh = async ({ sessions }: AccountScene, token: string) => {
  const arrivedAt = performance.now();
  const answer = await sessions.refresh({
    token,
    tenant: '',
    transport: 'bearer',
    origin: HOME,
    arrivedAt,
    gone: () => false,
  });
  return answer.outcome;
};

describe('a change of password', () => {
  it('keeps the session of this device, with new tokens, and ends the others', async () => {
    const scene = accountScene();
    const other = await scene.register();
    const own = await scene.login('ada@example.com', PASSWORD);
    const tokens = await change(scene, own);
    expect(tokens.session.sessionId).toBe(own.tokens.session.sessionId);
    expect(await refresh(scene, other.tokens.refreshToken)).toBe('revoked');
    expect(await refresh(scene, own.tokens.refreshToken)).toBe('superseded');
    expect(await refresh(scene, tokens.refreshToken)).toBe('keep'); // as young as it is
  });

  it('is known to the access check of this process at once', async () => {
    const scene = accountScene();
    const own = await scene.register();
    const tokens = await change(scene, own);
    const verdict = ({ tokens: { session } }: Pick<SignedIn, 'tokens'>) =>
      scene.knowledge.verdict({ ...session, jti: 'j' });
    expect(verdict(own)).toBe('revoked');
    expect(verdict({ tokens })).toBe('live');
  });

  it('makes the new password the only one', async () => {
    const scene = accountScene();
    await change(scene, await scene.register());
    await expect(scene.login('ada@example.com', NEW)).resolves.toBeDefined();
    await expect(scene.login('ada@example.com', PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
  });

  it('hashes twice: the current password, and the new one only when it was right', async () => {
    const scene = accountScene();
    const own = await scene.register();
    scene.passes();
    await expect(change(scene, own, 'not the password')).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(scene.passes()).toEqual([[WORK]]);
    await change(scene, own);
    expect(scene.passes()).toEqual([[WORK], [WORK]]);
  });

  it('is told and written down, also when it is refused', async () => {
    const scene = accountScene();
    const own = await scene.register();
    await expect(change(scene, own, 'not the password')).rejects.toMatchObject({
      code: 'invalid_credentials',
      headers: { 'www-authenticate': 'Bearer' },
    });
    await change(scene, own);
    const { sessionId } = own.tokens.session;
    expect(scene.facts.slice(1)).toEqual([
      ['account.password_changed', { tenant: '', subject: own.account.id, sessionId, origin: HOME }],
    ]);
    expect(await scene.trail()).toEqual([
      'user.register success',
      'user.change_password failure wrong_password',
      'user.change_password success',
    ]);
  });

  it('is refused to a session that has ended meanwhile, and changes nothing', async () => {
    const scene = accountScene();
    const own = await scene.register();
    const principal = { tenant: '', subject: own.account.id, sessionId: own.tokens.session.sessionId };
    await scene.sessions.revoke({ principal, sessionId: principal.sessionId, origin: HOME });
    await expect(change(scene, own)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await scene.trail()).at(-1)).toBe('user.change_password failure superseded');
    await expect(scene.login('ada@example.com', PASSWORD)).resolves.toBeDefined();
  });

  it('is refused to a disabled account and to a caller without one', async () => {
    const scene = accountScene();
    const own = await scene.register();
    await scene.disable(own.account.id);
    await expect(change(scene, own)).rejects.toMatchObject({ code: 'invalid_credentials' });
    const stranger = { ...own, account: { ...own.account, id: 'an-app-s-own-user' } };
    await expect(change(scene, stranger)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await scene.trail()).slice(-2)).toEqual([
      'user.change_password failure disabled',
      'user.change_password failure unknown_account',
    ]);
  });

  it('is refused when another one came between the check and the change, though the session lives on', async () => {
    const argon2 = countingArgon2(() => undefined);
    let meanwhile: (() => Promise<unknown>) | undefined;
    const scene = accountScene({
      hasher: {
        argon2: {
          ...argon2,
          async hash(password, parameters) {
            const act = meanwhile;
            meanwhile = undefined;
            await act?.();
            return argon2.hash(password, parameters);
          },
        },
      },
    });
    const own = await scene.register();
    meanwhile = () => change(scene, own, PASSWORD, 'the password that came between');
    await expect(change(scene, own)).rejects.toMatchObject({ code: 'invalid_credentials' });
    await expect(scene.login('ada@example.com', 'the password that came between')).resolves.toBeDefined();
  });

  it('of 20 racers on one device exactly one counts, though the session lives on', async () => {
    const scene = accountScene();
    const own = await scene.register();
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => change(scene, own, PASSWORD, `${NEW} ${at}`)),
    );
    const winners = settled.flatMap((one, at) => (one.status === 'fulfilled' ? [at] : []));
    expect(winners).toHaveLength(1);
    await expect(scene.login('ada@example.com', `${NEW} ${winners[0]}`)).resolves.toBeDefined();
  });

  it('of 20 racers on 20 devices exactly one counts', async () => {
    const scene = accountScene();
    await scene.register();
    const devices = await Promise.all(Array.from({ length: 20 }, () => scene.login('ada@example.com', PASSWORD)));
    const settled = await Promise.allSettled(devices.map((own, at) => change(scene, own, PASSWORD, `${NEW} ${at}`)));
    const winners = settled.flatMap((one, at) => (one.status === 'fulfilled' ? [at] : []));
    expect(winners).toHaveLength(1);
    for (const one of settled)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'invalid_credentials' });
    await expect(scene.login('ada@example.com', `${NEW} ${winners[0]}`)).resolves.toBeDefined();
  });
});
