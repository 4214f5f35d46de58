import { SignJWT } from 'jose';

/** What the peers verify with: HS256, the algorithm their documentation shows. */
export const secret = 'a secret of thirty-two characters';

/** A token for the peers. */
export function peerToken(): Promise<string> {
  const key = new TextEncoder().encode(secret);
  return new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(key);
}
