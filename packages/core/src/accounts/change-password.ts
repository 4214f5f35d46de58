import { type CredentialFailure, safeOrigin } from '../audit/index.ts';
import type { IssuedTokens } from '../sessions/index.ts';
import type { AccountsParts } from './account-parts.ts';
import { invalidCredentials } from './account-problems.ts';
import type { ChangePasswordRequest } from './account-requests.ts';
import { failureOf, verifiableHash } from './credential.ts';

/**
 * See `Accounts.changePassword`. The fence is the epoch that was read with the current hash: two changes at once, or a
 * reset in between, and only one of them counts.
 */
export async function changePassword<Tx>(
  parts: AccountsParts<Tx>,
  request: ChangePasswordRequest,
): Promise<IssuedTokens> {
  const { store, sessions, audit, hasher, tell } = parts;
  const { principal, origin, pass } = request;
  const { tenant, subject, sessionId } = principal;
  hasher.ensureRoom();
  const credential = await store.credentialById(tenant, subject);
  const { matches } = await hasher.verify(verifiableHash(credential), request.currentPassword, pass);
  if (!credential || !matches) return refuse(parts, request, failureOf(credential));
  const passwordHash = await hasher.hash(request.newPassword, pass);
  const restamp = sessions.prepareRestamp(sessionId);
  const changed = await store.changePassword({
    tenant,
    accountId: subject,
    sessionId,
    authEpoch: credential.authEpoch,
    passwordHash,
    leaf: restamp.leaf,
    idleMs: restamp.idleMs,
    audit: audit.stamp(origin),
  });
  switch (changed.outcome) {
    case 'refused':
      return refuse(parts, request, 'superseded');
    case 'changed': {
      const tokens = await restamp.issue(changed.session);
      tell('account.password_changed', { tenant, subject, sessionId, origin: safeOrigin(origin) });
      return tokens;
    }
  }
}

async function refuse<Tx>(
  { audit }: AccountsParts<Tx>,
  { principal: { tenant, subject }, origin }: ChangePasswordRequest,
  reason: CredentialFailure,
): Promise<never> {
  const entry = { tenant, actor: subject, target: subject, origin, meta: { reason } } as const;
  await audit.record({ ...entry, action: 'user.change_password', outcome: 'failure' });
  throw invalidCredentials(reason);
}
