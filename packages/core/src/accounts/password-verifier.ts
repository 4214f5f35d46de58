/**
 * Verifies hashes that an app brought along from elsewhere, for `accounts: { legacyHashes: […] }`. At the next
 * successful sign-in such a hash is replaced by ours.
 */
export interface PasswordVerifier {
  /** Whether the stored hash is of this kind. */
  recognises(hash: string): boolean;
  /**
   * Whether the password is the hash's. Never throws for a malformed hash.
   * @param password as typed: the app that made the hash did not normalise as we do
   */
  verify(hash: string, password: string): Promise<boolean>;
  /**
   * Does the work of one verification, for nobody. It is asked for when a sign-in is refused whose hash isn't of this
   * kind, so that the time of an answer doesn't tell which addresses still have such a hash. Without it, it tells.
   */
  decoy?(password: string): Promise<void>;
}
