/** Signature algorithms of access tokens (RFC 7518 section 3.1, RFC 8037). HS256 is for a single service only. */
export type SigningAlgorithm = 'EdDSA' | 'ES256' | 'RS256' | 'HS256';

/** What a JSON Web Key of one algorithm must look like. */
export interface AlgorithmRules {
  readonly kty: 'OKP' | 'EC' | 'RSA' | 'oct';
  readonly crv?: 'Ed25519' | 'P-256';
  /** Members that may be published. */
  readonly publicMembers: readonly string[];
  /** Members that may not. */
  readonly privateMembers: readonly string[];
}

/** The algorithms a keyring takes. One key type has one algorithm: a token can't choose (RFC 8725 section 3.1). */
export const signingAlgorithms: Readonly<Record<SigningAlgorithm, AlgorithmRules>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', publicMembers: ['x'], privateMembers: ['d'] },
  ES256: { kty: 'EC', crv: 'P-256', publicMembers: ['x', 'y'], privateMembers: ['d'] },
  RS256: { kty: 'RSA', publicMembers: ['n', 'e'], privateMembers: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
  HS256: { kty: 'oct', publicMembers: [], privateMembers: ['k'] },
};

/** Whether the text names one of {@link signingAlgorithms}. */
export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return typeof name === 'string' && Object.hasOwn(signingAlgorithms, name);
}
