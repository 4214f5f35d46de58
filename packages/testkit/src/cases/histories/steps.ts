import type { IssuedSession } from '@castellan/core/sessions';
import type { StoreSet } from '../../store-harness.ts';
import type { Member } from '../member.ts';
import { ELSEWHERE, ORIGIN } from '../scene.ts';
import type { Chance } from './chance.ts';

/** A call, ready to be made of any stores: the same ids, hashes and times each time. */
export interface Step {
  readonly told: string;
  /** The session that it concerns. */
  readonly about?: string;
  /** The call was made so that it can come twice. */
  readonly repeatable?: boolean;
  readonly carryOut: (stores: StoreSet) => Promise<unknown>;
}

/** Chooses a call about a token; without one, of the account's. */
export function chooseCall(m: Member, at: number, held: IssuedSession | undefined, chance: Chance): Step {
  const kind = held ? chance.below(100) : 90 + chance.below(10);
  const step = held && kind < 90 ? tokenStep(m, at, held, kind, chance) : accountStep(m, at, held, kind, chance);
  return { ...step, told: `+${at} ms ${step.told}` };
}

function tokenStep(m: Member, at: number, held: IssuedSession, kind: number, chance: Chance): Step {
  const about = held.sessionId;
  const of = `of …${about.slice(-4)} generation ${held.generation}`;
  const origin = chance.pick([ORIGIN, ORIGIN, ELSEWHERE]);
  if (kind < 60) {
    const attempt = chance.pick([null, null, null, 1, 2]);
    const call = m.refreshCall(at, held, {
      successor: { kid: 1 + chance.below(2), hash: chance.bytes(32), nonce: chance.bytes(32) },
      attemptHash: attempt === null ? null : new Uint8Array(32).fill(attempt),
      reissueMs: chance.pick([null, null, 120_000, 0]),
      audit: { ...m.stamp(origin), ordinary: chance.below(2) === 0 },
      origin,
    });
    const told = `refresh ${of}, attempt ${attempt}, L ${call.reissueMs}`;
    return { told, about, repeatable: true, carryOut: (stores) => stores.sessions.refresh(call) };
  }
  if (kind < 80) {
    const call = m.useCall(at, held);
    return { told: `use ${of}`, about, carryOut: (stores) => stores.sessions.use(call) };
  }
  if (kind < 83) {
    const call = m.revokeCall(at, held, { owner: chance.pick([m.account.id, null, 'somebody']) });
    return { told: `revoke ${of} by ${call.owner}`, about, carryOut: (stores) => stores.sessions.revoke(call) };
  }
  if (kind < 85) {
    const call = { tenant: m.tenant, subject: m.account.id, keep: about, audit: m.stamp(), ...m.time(at) };
    return { told: `revoke others than ${of}`, carryOut: (stores) => stores.sessions.revokeOthers(call) };
  }
  const call = m.changePasswordCall(at, held, { leaf: { kid: 1, hash: chance.bytes(32) } });
  const told = `change password, keeping ${of}`;
  return { told, about, repeatable: true, carryOut: (stores) => stores.accounts.changePassword(call) };
}

function accountStep(m: Member, at: number, held: IssuedSession | undefined, kind: number, chance: Chance): Step {
  const origin = chance.pick([ORIGIN, ORIGIN, ELSEWHERE]);
  const subject = { tenant: m.tenant, id: m.account.id, actor: null, audit: m.stamp(origin), ...m.time(at) };
  if (kind < 95) {
    const life = chance.pick([{}, {}, { aal: 2, idleMs: 1_800_000 }, { idleMs: 60_000, absoluteMs: 300_000 }] as const);
    const authEpoch = chance.pick([null, null, held?.userEpoch ?? 0]);
    const call = m.startCall(at, { ...life, origin, audit: m.stamp(origin), authEpoch });
    return { told: 'start', repeatable: true, carryOut: (stores) => stores.sessions.start(call) };
  }
  if (kind < 96) return { told: 'end all', carryOut: (stores) => stores.subjects.endAll(subject) };
  if (kind < 97) return { told: 'disable', carryOut: (stores) => stores.subjects.disable(subject) };
  if (kind < 99) return { told: 'enable', carryOut: (stores) => stores.subjects.enable(subject) };
  const tier = chance.pick(['free', 'pro', null]);
  return { told: `set tier ${tier}`, carryOut: (stores) => stores.subjects.setTier({ ...subject, tier }) };
}
