import { beforeEach, describe, expect, test } from 'vitest';
import { localRevocations } from './local-revocations.ts';
import { type SessionProcess, type SessionWorld, sessionWorld } from './session-world.cases.ts';
import { createSubjects } from './subjects.ts';

let world: SessionWorld;
let app: SessionProcess;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
  await app.poll();
});

describe('subjects', () => {
  test('put makes one known; repeating it changes nothing', async () => {
    const bob = { tenant: '', id: 'bob', authEpoch: 0, claimsEpoch: 0, tier: null, disabledAt: null };
    expect(await app.subjects.put({ id: 'bob' })).toEqual(bob);
    expect(await app.subjects.put({ id: 'bob' })).toEqual(bob);
    expect(await app.subjects.get('bob')).toEqual(bob);
    expect(await app.subjects.get({ id: 'bob', tenant: 't2' })).toBeUndefined();
  });

  test('subjects that become known fill no memory of revocations', async () => {
    const epochs: number[] = [];
    const counted = createSubjects({
      store: world.subjectStore,
      revocations: localRevocations({ apply: (entries) => epochs.push(...entries.map(({ epoch }) => epoch ?? -1)) }),
      ask: (verb) => verb(),
      makeId: () => '01890a5d-ac96-774b-bcce-b302099a8057',
    });
    for (let id = 0; id < 10; id++) await counted.put({ id: String(id), tier: 'pro' });
    expect(epochs).toEqual([]);
    await counted.setTier('0', 'free');
    expect(epochs).toEqual([1]);
  });

  test('put with a tier sets the tier of a known one, and makes its access tokens stale here at once', async () => {
    const tokens = await app.start();
    expect(await app.present(tokens.accessToken)).toBe('ok');
    expect(await app.subjects.put({ id: 'alice' })).toMatchObject({ tier: null, claimsEpoch: 0 });
    expect(await app.present(tokens.accessToken)).toBe('ok');
    expect(await app.subjects.put({ id: 'alice', tier: 'pro' })).toMatchObject({ tier: 'pro', claimsEpoch: 1 });
    expect(await app.present(tokens.accessToken)).toBe('token_stale');
  });

  test('disable ends sessions and access tokens at once; enable lets new ones begin, the old stay dead', async () => {
    const tokens = await app.start();
    expect(await app.subjects.disable('alice')).toMatchObject({ disabledAt: world.now(), authEpoch: 1 });
    expect(await app.present(tokens.accessToken)).toBe('invalid_token');
    expect(await app.subjects.enable('alice')).toMatchObject({ disabledAt: null });
    expect(await app.present(tokens.accessToken)).toBe('invalid_token');
    expect((await app.refresh(tokens.refreshToken)).outcome).toBe('revoked');
    expect(await app.present((await app.start()).accessToken)).toBe('ok');
  });

  test('endAll ends sessions and access tokens at once, and new ones may begin', async () => {
    const tokens = await app.start();
    expect(await app.subjects.endAll('alice')).toMatchObject({ disabledAt: null, authEpoch: 1 });
    expect(await app.present(tokens.accessToken)).toBe('invalid_token');
    expect((await app.refresh(tokens.refreshToken)).outcome).toBe('revoked');
    expect(await app.present((await app.start()).accessToken)).toBe('ok');
  });

  test('only the subject of the named tenant is meant', async () => {
    const [here, there] = [await app.start(), await app.start({ tenant: 't2' })];
    await app.subjects.disable({ id: 'alice', tenant: 't2' });
    expect(await app.present(here.accessToken)).toBe('ok');
    expect(await app.present(there.accessToken, { tenant: 't2' })).toBe('invalid_token');
  });

  test('an unknown subject is undefined, not an error', async () => {
    expect(await app.subjects.disable('nobody')).toBeUndefined();
    expect(await app.subjects.enable('nobody')).toBeUndefined();
    expect(await app.subjects.setTier('nobody', 'pro')).toBeUndefined();
  });

  test.each([
    ['', /id/],
    ['a'.repeat(256), /id/],
    ['a\0', /NUL/],
    [42, /id.*number/],
    [undefined, /id/],
    [null, /id/],
    [{ id: 'a', tenant: 'x\0' }, /tenant/],
  ])('an id that can be none is a TypeError that names it: %j', async (ref, says) => {
    const bad = ref as string;
    await expect(app.subjects.disable(bad)).rejects.toThrow(TypeError);
    await expect(app.subjects.disable(bad)).rejects.toThrow(says);
    await expect(app.subjects.get(bad)).rejects.toThrow(says);
  });

  test('a tier that does not exist is a TypeError that lists the tiers', async () => {
    const strict = createSubjects({
      store: world.subjectStore,
      revocations: { sessions: () => undefined, authEpoch: () => undefined, claimsEpoch: () => undefined },
      ask: (verb) => verb(),
      makeId: () => '01890a5d-ac96-774b-bcce-b302099a8057',
      tiers: ['free', 'pro'],
    });
    await expect(strict.setTier('alice', 'prro')).rejects.toThrow(/free, pro/);
    await expect(strict.put({ id: 'alice', tier: 'prro' })).rejects.toThrow(TypeError);
    expect(await strict.setTier('alice', 'pro')).toMatchObject({ tier: 'pro' });
  });

  test('what was done is audited with who did it', async () => {
    await app.subjects.setTier('alice', 'pro', { actor: 'admin' });
    await app.subjects.disable('alice');
    expect(await world.trail()).toEqual(['tier.change', 'subject.disable']);
  });
});
