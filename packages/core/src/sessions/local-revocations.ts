import type { Revocation } from '../revocation/index.ts';
import type { RevocationKnowledge } from '../revocation/revocation-knowledge.ts';
import { REVOCATION_LIFE_MS } from '../revocation/revocation-life.ts';

/** Writes this process's own revocations into its map at once; other processes learn them from the feed. */
export interface LocalRevocations {
  sessions(tenant: string, ids: readonly string[], now: number): void;
  /** Access tokens with a lower `ue` are dead. */
  authEpoch(tenant: string, subject: string, epoch: number, now: number): void;
  /** Access tokens with a lower `ce` are stale. */
  claimsEpoch(tenant: string, subject: string, epoch: number, now: number): void;
}

/** @param knowledge the map that access checks read */
export function localRevocations(knowledge: Pick<RevocationKnowledge, 'apply'>): LocalRevocations {
  const write = (kind: Revocation['kind'], tenant: string, key: string, epoch: number | null, now: number): void =>
    knowledge.apply([{ tenant, kind, key, epoch, expiresAt: now + REVOCATION_LIFE_MS }]);
  return {
    sessions: (tenant, ids, now) => {
      for (const id of ids) write('session', tenant, id, null, now);
    },
    authEpoch: (tenant, subject, epoch, now) => write('auth_epoch', tenant, subject, epoch, now),
    claimsEpoch(tenant, subject, epoch, now) {
      // nothing is older than 0: many subjects that become known must not fill the map
      if (epoch > 0) write('claims_epoch', tenant, subject, epoch, now);
    },
  };
}
