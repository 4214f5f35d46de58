/**
 * Whether a session could refresh now: what the list shows, and what alone can be revoked. An epoch newer than the
 * subject's in our snapshot is one that moved while we waited, together with this session.
 *
 * @param c the alias that has the session's columns and the subject's `auth_epoch` and `disabled_at`
 */
export function live(c: string, now: string): string {
  return `${c}.revoked_at is null and ${c}.user_epoch >= ${c}.auth_epoch and ${c}.disabled_at is null
    and ${now} < ${c}.idle_expires_at and ${now} < ${c}.expires_at`;
}
