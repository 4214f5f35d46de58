import { type RandomBytes, randomBytes, toBase64url } from '../kernel/index.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/**
 * Makes a private JWK Set of one key, as JSON text for {@link createKeyring}.
 *
 * The `kid` is random rather than a thumbprint: that of a symmetric key would publish a hash of the secret
 * (RFC 7638 section 7).
 */
export async function generateKeys(
  alg: SigningAlgorithm = 'EdDSA',
  random: RandomBytes = randomBytes,
): Promise<string> {
  const kid = toBase64url(random(9));
  return JSON.stringify({ keys: [{ kid, alg, use: 'sig', ...(await generateJwk(alg, random)) }] });
}

async function generateJwk(alg: SigningAlgorithm, random: RandomBytes): Promise<object> {
  if (alg === 'HS256') return { kty: 'oct', k: toBase64url(random(32)) };
  const [{ exportJWK }, { generateKeyPair }] = await Promise.all([
    import('jose/key/export'),
    import('jose/key/generate/keypair'),
  ]);
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 3072 });
  return exportJWK(privateKey);
}
