import type { SessionStore } from '@castellan/core/sessions';
import type pg from 'pg';

/**
 * The most expensive mistake of the field: read the session, decide here, write it back. Everything but the rotation
 * of an unrotated session is left to the sound store.
 */
export function checkThenWrite(pool: pg.Pool, sound: SessionStore): SessionStore {
  return {
    ...sound,
    async refresh(call) {
      const { rows } = await pool.query(
        `select s.gen, s.leaf_hash, s.subject, s.user_epoch, s.aal, s.expires_at, u.claims_epoch, u.tier
         from castellan.session s join castellan.subject u on u.tenant = s.tenant and u.id = s.subject
         where s.id = $1 and s.revoked_at is null`,
        [call.sessionId],
      );
      const [row] = rows;
      if (row?.gen !== 0 || !Buffer.from(call.hash).equals(row.leaf_hash)) return sound.refresh(call);
      const { kid, nonce, hash } = call.successor;
      const now = call.now ?? Date.now();
      await pool.query(
        `update castellan.session set gen = 1, parent_hash = leaf_hash, leaf_hash = $2, leaf_kid = $3, leaf_nonce = $4,
           leaf_at = $5, last_used_at = $5 where id = $1`,
        [call.sessionId, hash, kid, nonce, new Date(now)],
      );
      const session = {
        sessionId: call.sessionId,
        tenant: call.tenant,
        subject: row.subject,
        userEpoch: row.user_epoch,
        claimsEpoch: row.claims_epoch,
        tier: row.tier,
        aal: row.aal,
        generation: 1,
        leaf: call.successor,
        expiresAt: row.expires_at.getTime(),
        now,
      };
      return { outcome: 'rotate', session, sharing: 0 };
    },
  };
}
