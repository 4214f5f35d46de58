import { type CredentialFailure, safeOrigin } from '../audit/index.ts';
import { Problem } from '../http/index.ts';
import type { IssuedTokens } from '../sessions/index.ts';
import type { AccountsParts } from './account-parts.ts';
import { invalidCredentials } from './account-problems.ts';
import type { LoginRequest, SignedIn } from './account-requests.ts';
import type { Credential } from './account-store.ts';
import { failureOf, verifiableHash } from './credential.ts';
import type { Rehashing } from './rehashing.ts';

/** See `Accounts.login`. Known or unknown: one read, one pass of the gate with the same work, one audit row. */
export async function login<Tx>(
  parts: AccountsParts<Tx>,
  rehashing: Rehashing,
  request: LoginRequest,
): Promise<SignedIn> {
  const { tenant, email, password, pass } = request;
  parts.hasher.ensureRoom();
  const credential = await parts.store.credentialByEmail(tenant, email.key);
  const stored = verifiableHash(credential);
  const { matches, needsRehash } = await parts.hasher.verify(stored, password, pass);
  if (!credential || stored === null || !matches) return refuse(parts, request, credential, failureOf(credential));

  const { account, authEpoch } = credential;
  const tokens = await start(parts, request, account.id, authEpoch);
  if (!tokens) return refuse(parts, request, credential, 'superseded');
  if (needsRehash) rehashing.begin({ tenant, id: account.id, from: stored, password });
  return { account, tokens };
}

/** Fenced by the epoch that was read with the hash: a password that was reset meanwhile signs nobody in. */
async function start<Tx>(
  { sessions }: AccountsParts<Tx>,
  { tenant, origin, transport = 'bearer' }: LoginRequest,
  subject: string,
  authEpoch: number,
): Promise<IssuedTokens | undefined> {
  try {
    return await sessions.start({ subject, tenant, authEpoch, transport, amr: ['pwd'], origin });
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_credentials') return undefined;
    throw error;
  }
}

async function refuse<Tx>(
  { audit, tell }: AccountsParts<Tx>,
  { tenant, origin }: LoginRequest,
  credential: Credential | undefined,
  reason: CredentialFailure,
): Promise<never> {
  const subject = credential?.account.id ?? null;
  // the address isn't written down: people type passwords into it
  const entry = { tenant, actor: subject, target: subject, origin, meta: { reason } } as const;
  await audit.record({ ...entry, action: 'user.login', outcome: 'failure' });
  tell('account.login_failed', { tenant, subject, reason, origin: safeOrigin(origin) });
  throw invalidCredentials(reason);
}
