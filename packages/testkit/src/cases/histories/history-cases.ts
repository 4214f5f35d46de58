import assert from 'node:assert/strict';
import { memoryStores } from '@castellan/core';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness, StoreSet } from '../../store-harness.ts';
import { type Member, makeMember } from '../member.ts';
import { auditTrail } from '../observe.ts';
import { hex } from '../outcome.ts';
import { type Chance, makeChance } from './chance.ts';
import { beginHistory } from './history.ts';

const STEPS = 40;

/** The member as the reference has it: registered by the same call. */
async function referenceOf(m: Member): Promise<StoreSet> {
  const reference = memoryStores({ clock: () => m.t0 });
  await reference.accounts.create(m.registration);
  return reference;
}

/** A value with bytes as hex, whatever class of them a driver gives. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

/** What everybody may see in the end. */
async function sightOf(m: Member, stores: StoreSet, at: number): Promise<unknown> {
  const list = { tenant: m.tenant, subject: m.account.id, page: 1, pageSize: 100, ...m.time(at) };
  const { entries } = await stores.revocations.poll(null);
  const live = entries.filter(({ tenant, expiresAt }) => tenant === m.tenant && expiresAt > m.t0 + at);
  return plain({
    sessions: await stores.sessions.list(list),
    trail: await auditTrail({ ...m, stores }, { actor: m.account.id }),
    subject: await stores.subjects.read(m.tenant, m.account.id),
    credential: await stores.accounts.credentialById(m.tenant, m.account.id),
    feed: live.map(({ kind, key, epoch, expiresAt }) => `${kind} ${key} ${epoch} ${expiresAt}`).sort(),
  });
}

async function compareHistory(m: Member, chance: Chance): Promise<void> {
  const reference = await referenceOf(m);
  const history = beginHistory(m, chance);
  const told: string[] = [];
  for (let n = 0; n < STEPS; n++) {
    const step = history.next();
    const expected = await step.carryOut(reference);
    const answer = await step.carryOut(m.stores);
    told.push(`${step.told}: ${outcomeOf(expected)}`);
    assert.deepEqual(plain(answer), plain(expected), told.join('\n'));
    history.learn(step, expected);
  }
  const at = history.at();
  assert.deepEqual(await sightOf(m, m.stores, at), await sightOf(m, reference, at), told.join('\n'));
}

function outcomeOf(answer: unknown): string {
  return typeof answer === 'object' && answer !== null && 'outcome' in answer ? String(answer.outcome) : 'done';
}

export const historyCases: readonly ConformanceCase<StoreHarness>[] = casesOf('histories', {
  'of 40 random calls each is answered as the store in memory answers it, and leaves the same behind': async (
    harness,
  ) => {
    const rounds = Math.ceil((harness.rounds ?? 200) / 4);
    for (let seed = 1; seed <= rounds; seed++) {
      const m = await makeMember(harness);
      try {
        await compareHistory(m, makeChance(seed));
      } catch (error) {
        if (error instanceof Error) error.message = `history ${seed}: ${error.message}`;
        throw error;
      }
    }
  },
});
