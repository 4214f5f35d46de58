import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { createCall, makeMember, PASSWORD_HASH } from '../member.ts';
import { auditTrail } from '../observe.ts';
import { countOutcomes, expectOutcome } from '../outcome.ts';
import { RACERS, race, rounds } from '../racing.ts';
import { makeScene } from '../scene.ts';

export const accountRacingCases: readonly ConformanceCase<StoreHarness>[] = casesOf('accounts', {
  'of 20 racers registering one address exactly one does': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async (round) => {
      const emailKey = `racer-${round}@example.com`;
      const results = await race(harness, (stores) => stores.accounts.create(createCall(s, null, { emailKey })));
      assert.deepEqual(countOutcomes(results), { created: 1, email_taken: RACERS - 1 });
    });
    const total = harness.rounds ?? 200;
    assert.equal((await auditTrail(s, { action: 'user.register' })).length, total, 'one audit row for each account');
  },

  'of 20 racers registering one address, some of whom the app refuses, at most one does': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async (round) => {
      const emailKey = `racer-${round}@example.com`;
      const results = await race(harness, async (stores, racer) => {
        const refuse = racer % 2 === 0 ? () => Promise.reject(new Error('the app refuses')) : async () => {};
        return stores.accounts
          .create(createCall(s, null, { emailKey }), refuse)
          .catch(() => ({ outcome: 'thrown' as const }));
      });
      const { created = 0, email_taken: taken = 0, thrown = 0 } = countOutcomes(results);
      assert.equal(created, 1, 'ten of them would have been let in');
      assert.equal(created + taken + thrown, RACERS);
    });
  },

  'a registration that waits for another’s within gets the address when that one is rolled back': async (harness) => {
    const s = await makeScene(harness);
    for (const refused of [true, false]) {
      const emailKey = `waiting-${refused}@example.com`;
      const gate = Promise.withResolvers<void>();
      const entered = Promise.withResolvers<void>();
      const [one, two] = harness.instances;
      const first = one.accounts
        .create(createCall(s, null, { emailKey }), async () => {
          entered.resolve();
          await gate.promise;
        })
        .catch(() => ({ outcome: 'thrown' as const }));
      await entered.promise;
      const second = two.accounts.create(createCall(s, null, { emailKey }));
      if (refused) gate.reject(new Error('the app refuses'));
      else gate.resolve();
      assert.equal((await first).outcome, refused ? 'thrown' : 'created');
      assert.equal((await second).outcome, refused ? 'created' : 'email_taken');
    }
  },

  'of 20 racers re-hashing one password exactly one does': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const call = { tenant: m.tenant, id: m.account.id, from: PASSWORD_HASH };
      const results = await race(harness, (stores, racer) => stores.accounts.rehash({ ...call, to: `hash-${racer}` }));
      assert.equal(results.filter(Boolean).length, 1);
      const credential = await m.stores.accounts.credentialById(m.tenant, m.account.id);
      assert.equal(credential?.passwordHash, `hash-${results.indexOf(true)}`);
    });
  },

  'updates of different fields by 20 racers lose nothing': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const call = { tenant: m.tenant, id: m.account.id };
      await race(harness, (stores, racer) => {
        const patch = racer % 2 === 0 ? { displayName: 'Ada' } : { bio: 'Countess' };
        return stores.accounts.update({ ...call, patch, audit: m.stamp() });
      });
      const account = await m.stores.accounts.read(m.tenant, m.account.id);
      assert.deepEqual([account?.displayName, account?.bio], ['Ada', 'Countess']);
    });
  },

  'of 20 racers changing one password behind one fence exactly one does': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const other = await m.start(null);
      const results = await race(harness, (stores, racer) =>
        stores.accounts.changePassword(m.changePasswordCall(null, racer % 2 === 0 ? m.session : other)),
      );
      assert.deepEqual(countOutcomes(results), { changed: 1, refused: RACERS - 1 });
      const credential = await m.stores.accounts.credentialById(m.tenant, m.account.id);
      assert.equal(credential?.authEpoch, 1);
      const loser = results.findIndex(({ outcome }) => outcome === 'changed') % 2 === 0 ? other : m.session;
      expectOutcome(await m.refresh(null, loser), 'revoked');
    });
  },

  'a refresh that crosses a password change is answered or superseded, and ends nothing': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const results = await race(harness, async (stores, racer) =>
        racer === RACERS / 2
          ? stores.accounts.changePassword(m.changePasswordCall(null, m.session))
          : stores.sessions.refresh(m.refreshCall(null, m.session)),
      );
      const { changed = 0, rotate = 0, replay = 0, superseded = 0 } = countOutcomes(results);
      assert.equal(changed, 1);
      assert.ok(rotate <= 1);
      assert.equal(changed + rotate + replay + superseded, RACERS, JSON.stringify(countOutcomes(results)));
      const result = results.find(({ outcome }) => outcome === 'changed');
      assert.ok(result && 'session' in result);
      expectOutcome(await m.refresh(null, result.session), 'keep');
      expectOutcome(await m.use(null, result.session), 'accept');
    });
  },

  'the use of an access token that crosses a password change ends nothing': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const results = await race(harness, async (stores, racer) =>
        racer === RACERS / 2
          ? stores.accounts.changePassword(m.changePasswordCall(null, m.session))
          : stores.sessions.use(m.useCall(null, m.session)),
      );
      const { changed = 0, accept = 0, revoked = 0, superseded = 0 } = countOutcomes(results);
      assert.equal(changed, 1);
      assert.equal(changed + accept + revoked + superseded, RACERS, JSON.stringify(countOutcomes(results)));
      const result = results.find(({ outcome }) => outcome === 'changed');
      assert.ok(result && 'session' in result);
      expectOutcome(await m.use(null, result.session), 'accept');
    });
  },

  'a revoke that crosses a password change ends the session, whoever comes first': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const results = await race(
        harness,
        async (stores, racer) =>
          racer === 1
            ? stores.accounts.changePassword(m.changePasswordCall(null, m.session))
            : stores.sessions.revoke(m.revokeCall(null, m.session)),
        3,
      );
      const counts = countOutcomes(results);
      assert.equal(counts['revoked'], 1, JSON.stringify(counts));
      expectOutcome(await m.refresh(null, m.session), 'revoked');
      assert.equal((await m.stores.sessions.list({ ...listOf(m), page: 1, pageSize: 20 })).total, 0);
    });
  },

  'a password change that crosses a log-out everywhere leaves no session': async (harness) => {
    await rounds(harness, async () => {
      const m = await makeMember(harness);
      const results = await race(
        harness,
        async (stores, racer) =>
          racer === 1 ? m.endAll(null, stores) : stores.accounts.changePassword(m.changePasswordCall(null, m.session)),
        4,
      );
      const changes = results.filter((result) => result?.outcome === 'changed');
      assert.ok(changes.length <= 1);
      const credential = await m.stores.accounts.credentialById(m.tenant, m.account.id);
      assert.equal(credential?.authEpoch, 1 + changes.length);
      assert.equal((await m.stores.sessions.list({ ...listOf(m), page: 1, pageSize: 20 })).total, 0);
      expectOutcome(await m.refresh(null, m.session), 'revoked');
    });
  },
});

function listOf(m: { readonly tenant: string; readonly subject: string }): { tenant: string; subject: string } {
  return { tenant: m.tenant, subject: m.subject };
}
