/** The columns of a session that begins, as {@link newSession} gives them. */
export const newSessionColumns =
  'id, tenant, subject, user_epoch, leaf_hash, leaf_kid, leaf_at, created_at, last_used_at, idle_expires_at, expires_at, transport, aal, amr, auth_time, ip, user_agent';

/**
 * Their values.
 *
 * @param c the alias that has `sid, tenant, subject, hash, kid, idle, life, transport, aal, amr, ip, user_agent`
 * @param epoch the subject's epoch
 * @param now the verb's time
 */
export function newSession(c: string, epoch: string, now: string): string {
  return `${c}.sid, ${c}.tenant, ${c}.subject, ${epoch}, ${c}.hash, ${c}.kid, ${now}, ${now}, ${now},
    ${now} + least(${c}.idle, ${c}.life), ${now} + ${c}.life, ${c}.transport, ${c}.aal, ${c}.amr, ${now}, ${c}.ip, ${c}.user_agent`;
}
