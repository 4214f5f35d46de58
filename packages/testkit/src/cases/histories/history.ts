import type { IssuedSession } from '@castellan/core/sessions';
import type { StoreSet } from '../../store-harness.ts';
import type { Member } from '../member.ts';
import { ELSEWHERE, GRACE, ORIGIN } from '../scene.ts';
import type { Chance } from './chance.ts';

/** A call, ready to be made of any stores: the same ids, hashes and times each time. */
export interface Step {
  readonly told: string;
  readonly carryOut: (stores: StoreSet) => Promise<unknown>;
}

/** How far the clock moves between two calls: within, at and beyond every border of the table. */
const PAUSES = [0, 1, 500, 4_000, GRACE - 1, GRACE, GRACE + 1, 25_000, 119_999, 120_000, 3_600_000] as const;

/** What happens so far, from which the next call is made. */
export interface History {
  /** Every session token that anybody was ever answered with. */
  readonly held: IssuedSession[];
  /** Milliseconds after the member's `t0`. */
  at: number;
}

/** Chooses the next call. Mostly refreshes, of any token that was ever answered. */
export function nextStep(m: Member, history: History, chance: Chance): Step {
  history.at += chance.pick(PAUSES);
  const { at } = history;
  const held = history.held[history.held.length - 1 - chance.below(Math.min(6, history.held.length))] ?? m.session;
  const step = (told: string, carryOut: Step['carryOut']): Step => ({ told: `+${at} ms ${told}`, carryOut });
  const of = `of ${held.sessionId.slice(-4)} generation ${held.generation}`;
  const origin = chance.pick([ORIGIN, ORIGIN, ELSEWHERE]);
  const subject = { tenant: m.tenant, id: m.account.id, actor: null, audit: m.stamp(origin), ...m.time(at) };

  const kind = chance.below(100);
  if (kind < 60) {
    const attempt = chance.pick([null, null, null, 1, 2]);
    const call = m.refreshCall(at, held, {
      successor: { kid: 1 + chance.below(2), hash: chance.bytes(32), nonce: chance.bytes(32) },
      attemptHash: attempt === null ? null : new Uint8Array(32).fill(attempt),
      reissueMs: chance.pick([null, null, 120_000, 0]),
      audit: { ...m.stamp(origin), ordinary: chance.below(2) === 0 },
      origin,
    });
    return step(`refresh ${of}, attempt ${attempt}, L ${call.reissueMs}`, (stores) => stores.sessions.refresh(call));
  }
  if (kind < 78) {
    const call = m.useCall(at, held);
    return step(`use ${of}`, (stores) => stores.sessions.use(call));
  }
  if (kind < 84) {
    const life = chance.pick([{}, {}, { aal: 2, idleMs: 1_800_000 }, { idleMs: 60_000, absoluteMs: 300_000 }] as const);
    const call = m.startCall(at, {
      ...life,
      origin,
      audit: m.stamp(origin),
      authEpoch: chance.pick([null, null, held.userEpoch]),
    });
    return step('start', (stores) => stores.sessions.start(call));
  }
  if (kind < 87) {
    const call = m.revokeCall(at, held, { owner: chance.pick([m.account.id, null, 'somebody']) });
    return step(`revoke ${of} by ${call.owner}`, (stores) => stores.sessions.revoke(call));
  }
  if (kind < 89) {
    const call = { tenant: m.tenant, subject: m.account.id, keep: held.sessionId, audit: m.stamp(), ...m.time(at) };
    return step(`revoke others than ${of}`, (stores) => stores.sessions.revokeOthers(call));
  }
  if (kind < 93) {
    const call = m.changePasswordCall(at, held, { leaf: { kid: 1, hash: chance.bytes(32) } });
    return step(`change password, keeping ${of}`, (stores) => stores.accounts.changePassword(call));
  }
  if (kind < 95) return step('end all', (stores) => stores.subjects.endAll(subject));
  if (kind < 96) return step('disable', (stores) => stores.subjects.disable(subject));
  if (kind < 98) return step('enable', (stores) => stores.subjects.enable(subject));
  const tier = chance.pick(['free', 'pro', null]);
  return step(`set tier ${tier}`, (stores) => stores.subjects.setTier({ ...subject, tier }));
}

/** The session in an answer, if there is one. */
export function answeredSession(answer: unknown): IssuedSession | undefined {
  return typeof answer === 'object' && answer !== null && 'session' in answer
    ? (answer.session as IssuedSession)
    : undefined;
}
