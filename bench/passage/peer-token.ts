import { decodeJwt, SignJWT } from 'jose';
import { startCastellan } from './castellan.ts';

/** What the peers verify with: HS256, the algorithm their documentation shows. */
export const secret = 'a secret of thirty-two characters';

/** Whom the peers ask for: a token of somebody else or for somebody else is none. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
}

/** A token for the peers: it says what ours says. */
export async function peerToken(): Promise<{ readonly token: string; readonly expected: Expected }> {
  const { castellan, token: ours } = await startCastellan();
  await castellan.stop();
  const claims = decodeJwt<Record<string, unknown>>(ours);
  const key = new TextEncoder().encode(secret);
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(key);
  return { token, expected: { issuer: String(claims.iss), audience: String(claims.aud) } };
}
