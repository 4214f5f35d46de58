import type { RevocationKind } from '@castellan/core/revocation';
import type { RevokeAction, Transport } from '@castellan/core/sessions';

/** `session.transport`. */
export const transportCode: Readonly<Record<Transport, number>> = { bearer: 0, cookie: 1 };

/** `session.revoke_reason`. */
export const revokeReason = { reuse: 1, expired: 2, idle: 3, logout: 4, revoked: 5 } as const;

/** The reason that goes with a revoking verb's action. */
export const revokeReasonOf: Readonly<Record<RevokeAction, number>> = {
  'user.logout': revokeReason.logout,
  'session.revoke': revokeReason.revoked,
};

/** `revocation.kind`. */
export const revocationCode: Readonly<Record<RevocationKind, number>> = {
  jti: 0,
  session: 1,
  auth_epoch: 2,
  claims_epoch: 3,
};

/** `revocation.kind` by its number. */
export const revocationKinds: readonly RevocationKind[] = ['jti', 'session', 'auth_epoch', 'claims_epoch'];
