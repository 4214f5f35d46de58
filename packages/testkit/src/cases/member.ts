import type {
  Account,
  ChangePasswordCall,
  ChangePasswordOutcome,
  CreateAccountCall,
  CreateAccountOutcome,
} from '@castellan/core/accounts';
import type { IssuedSession } from '@castellan/core/sessions';
import type { StoreHarness } from '../store-harness.ts';
import { expectOutcome } from './outcome.ts';
import { ABSOLUTE, type At, bytes32, IDLE, makeScene, ORIGIN, type Scene } from './scene.ts';

/** A password hash as it is stored; no case checks a password. */
export const PASSWORD_HASH = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$Zmlyc3Q';
/** Another one. */
export const OTHER_HASH = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c2Vjb25k';

/** A scene whose subject is an account that has just registered. */
export interface Member extends Scene {
  readonly account: Account;
  /** The call that made it. */
  readonly registration: CreateAccountCall;
  readonly emailKey: string;
  /** The session of its registration, made at `t0`. */
  readonly session: IssuedSession;
  changePasswordCall(at: At, held: IssuedSession, change?: Partial<ChangePasswordCall>): ChangePasswordCall;
  tryChangePassword(at: At, held: IssuedSession, change?: Partial<ChangePasswordCall>): Promise<ChangePasswordOutcome>;
  /** A password change that must succeed; the fence is the held session's epoch. */
  changePassword(at: At, held: IssuedSession, change?: Partial<ChangePasswordCall>): Promise<IssuedSession>;
}

/** A registration with everything filled in that the rule is not about. */
export function createCall(s: Scene, at: At, change?: Partial<CreateAccountCall>): CreateAccountCall {
  const id = s.makeId();
  return {
    id,
    tenant: s.tenant,
    email: `Member-${id}@Example.com`,
    emailKey: `member-${id}@example.com`,
    passwordHash: PASSWORD_HASH,
    displayName: null,
    tier: null,
    session: {
      sessionId: s.makeId(),
      leaf: { kid: 1, hash: bytes32() },
      transport: 'bearer',
      aal: 1,
      amr: ['pwd'],
      idleMs: IDLE[0],
      absoluteMs: ABSOLUTE,
      origin: ORIGIN,
    },
    audit: s.stamp(),
    ...s.time(at),
    ...change,
  };
}

/** A registration that must succeed. */
export async function createdAccount(
  s: Scene,
  at: At,
  change?: Partial<CreateAccountCall>,
): Promise<Extract<CreateAccountOutcome, { outcome: 'created' }>> {
  return expectOutcome(await s.stores.accounts.create(createCall(s, at, change)), 'created');
}

/** Registers an account in a tenant of its own. */
export async function makeMember(harness: StoreHarness): Promise<Member> {
  const base = await makeScene(harness);
  const call = createCall(base, 0);
  const { account, session } = expectOutcome(await base.stores.accounts.create(call), 'created');
  // the calls of the base name its subject: make a scene of the account's
  const s = await makeScene(harness, { tenant: base.tenant, subject: account.id, t0: base.t0 });
  const member: Member = {
    ...s,
    account,
    registration: call,
    emailKey: call.emailKey,
    session,
    changePasswordCall: (at, held, change) => ({
      tenant: s.tenant,
      accountId: account.id,
      sessionId: held.sessionId,
      authEpoch: held.userEpoch,
      passwordHash: OTHER_HASH,
      leaf: { kid: 1, hash: bytes32() },
      idleMs: IDLE,
      audit: s.stamp(),
      ...s.time(at),
      ...change,
    }),
    tryChangePassword: (at, held, change) =>
      s.stores.accounts.changePassword(member.changePasswordCall(at, held, change)),
    changePassword: async (at, held, change) =>
      expectOutcome(await member.tryChangePassword(at, held, change), 'changed').session,
  };
  return member;
}
