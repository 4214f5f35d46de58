import { callerNetwork, type Principal } from '../http/index.ts';
import {
  type Clock,
  type MakeId,
  type MonotonicClock,
  type StoreClock,
  systemClock,
  uuidv7Generator,
} from '../kernel/index.ts';
import type { RevocationKnowledge, RevocationStore, RevocationSubject } from '../revocation/index.ts';
import { withinTime } from '../revocation/within-time.ts';
import {
  type AccessCheck,
  type AccessRequest,
  type AccessTokenClaims,
  type AccessTokens,
  createTokenMemo,
  createVerificationQueue,
  type MemoEntry,
  type TokenMemo,
  tokenPrincipal,
  tokenRefused,
  type VerificationQueue,
} from '../tokens/index.ts';
import { firstUseVerb } from './first-use.ts';
import { localRevocations } from './local-revocations.ts';
import type { TellSession } from './session-events.ts';
import { askStore, makeStamp } from './session-parts.ts';
import type { SessionSettings } from './session-settings.ts';
import type { SessionStore } from './session-store.ts';
import { sharedQuestions } from './shared-questions.ts';

/** An access token that was verified and accepted. */
export interface CheckedToken extends MemoEntry {
  readonly principal: Principal;
  readonly revocable: RevocationSubject;
}

/** What {@link createAccessCheck} is made from. */
export interface AccessCheckOptions {
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  /** Claim `aud` of the tokens; keeps the memos of two audiences apart. */
  readonly audience: string;
  readonly store: Pick<SessionStore, 'use'>;
  /** The strict check. */
  readonly revocationStore: Pick<RevocationStore, 'check'>;
  readonly knowledge: RevocationKnowledge;
  readonly storeClock: StoreClock;
  /** With `confirm: 'refresh'` the store is not told of a token's first use. */
  readonly settings: Pick<SessionSettings, 'confirmByAccess'>;
  /** Knowledge of revocations older than this is not trusted: the store is asked. Default 2,000. */
  readonly maxStalenessMs?: number;
  /** Default: a memo of its own. */
  readonly memo?: TokenMemo<CheckedToken>;
  /** Default: one of its own. */
  readonly queue?: VerificationQueue;
  /** Where facts go. Default nowhere. */
  readonly tell?: TellSession;
  readonly clock?: Clock;
  readonly monotonic?: MonotonicClock;
  readonly makeId?: MakeId;
}

/** Of IPv6 a customer has a whole network. */
const SENDER_PREFIX_BITS = 56;

/** How long a strict check may take, ms: then the store counts as away. An answer that is shared is no older. */
const TRUTH_MS = 1_000;

/**
 * Makes the way from a bearer token to its principal. A token seen before costs look-ups in memory: the memo, its
 * expiry, the revocations. One seen for the first time is verified and then told to the store, awaited, so that two
 * holders of one refresh token are found out by the first use of the second one's access token.
 */
export function createAccessCheck(options: AccessCheckOptions): AccessCheck {
  const { accessTokens, audience, store, knowledge, storeClock, maxStalenessMs = 2_000 } = options;
  const { memo = createTokenMemo(), tell = () => undefined, clock = systemClock } = options;
  const firstUse = firstUseVerb({
    store,
    tell,
    revocations: localRevocations(knowledge),
    ask: askStore(storeClock, clock, options.monotonic),
    stamp: makeStamp(options.makeId ?? uuidv7Generator(clock)),
  });
  const { confirmByAccess } = options.settings;
  const queue = options.queue ?? createVerificationQueue();
  const underWay = new Map<string, Promise<CheckedToken>>();
  const truthOf = sharedQuestions((of: RevocationSubject) => withinTime(options.revocationStore.check(of), TRUTH_MS));

  const admit = async (token: string, request: AccessRequest): Promise<CheckedToken> => {
    const sender = (): string => callerNetwork(request.origin().ip, SENDER_PREFIX_BITS) ?? '';
    const verified = await queue.run(sender, () => accessTokens.verify(token, storeClock.now()));
    switch (verified.outcome) {
      case 'malformed':
      case 'forged':
        throw tokenRefused('invalid_token', verified.outcome);
      case 'expired':
        throw tokenRefused('token_expired');
      case 'valid': {
        const checked = checkedToken(verified.claims, audience);
        if (checked.tenant !== request.tenant) throw tokenRefused('invalid_token', 'tenant');
        refuseByVerdict(knowledge.verdict(checked.revocable));
        if (confirmByAccess) await firstUse(verified.claims, request.origin());
        memo.insert(token, checked, storeClock.now(), request.line);
        return checked;
      }
    }
  };

  /** Tells whether the token is new, so that the store's word on it is as young as the request. */
  const admitOnce = async (token: string, request: AccessRequest): Promise<[CheckedToken, isNew: boolean]> => {
    const key = `${request.tenant}\0${token}`;
    const joined = underWay.get(key);
    if (joined !== undefined) return [await joined, false];
    const admission = admit(token, request);
    underWay.set(key, admission);
    try {
      return [await admission, confirmByAccess];
    } finally {
      underWay.delete(key);
    }
  };

  const askTruth = async (
    token: string,
    { principal, revocable }: CheckedToken,
    request: AccessRequest,
  ): Promise<Principal> => {
    // a strict policy allows no staleness: not that of a question which was under way before its request came, either
    const truth = await truthOf(token, revocable, request.strict || maxStalenessMs < TRUTH_MS);
    const dead =
      truth.outcome !== 'live' || truth.disabled || truth.authEpoch !== revocable.userEpoch
        ? 'revoked'
        : truth.claimsEpoch > revocable.claimsEpoch
          ? 'stale'
          : 'live';
    if (dead !== 'live') memo.forget(token);
    refuseByVerdict(dead);
    return principal;
  };

  const isTrusted = (request: AccessRequest, wall?: number): boolean =>
    !request.strict && knowledge.ageMs(wall) <= maxStalenessMs;

  /** The revocations as this process knows them. What is dead by them is dead, however old the knowledge. */
  const byKnowledge = (token: string, { principal, revocable }: CheckedToken): Principal => {
    const verdict = knowledge.verdict(revocable);
    if (verdict !== 'live') memo.forget(token);
    refuseByVerdict(verdict);
    return principal;
  };

  const first = async (token: string, request: AccessRequest): Promise<Principal> => {
    const [checked, isNew] = await admitOnce(token, request);
    const principal = byKnowledge(token, checked);
    return isNew || isTrusted(request) ? principal : askTruth(token, checked, request);
  };

  return (token, request) => {
    const wall = clock();
    const checked = memo.find(token, request.tenant, audience, storeClock.at(wall), request.line);
    if (!checked) return first(token, request);
    const principal = byKnowledge(token, checked);
    return isTrusted(request, wall) ? principal : askTruth(token, checked, request);
  };
}

function refuseByVerdict(verdict: 'live' | 'revoked' | 'stale'): void {
  switch (verdict) {
    case 'live':
      return;
    case 'revoked':
      throw tokenRefused('invalid_token', 'revoked');
    case 'stale':
      throw tokenRefused('token_stale');
  }
}

function checkedToken(claims: AccessTokenClaims, audience: string): CheckedToken {
  const { jti, ue: userEpoch, ce: claimsEpoch } = claims;
  const principal = tokenPrincipal(claims);
  const { subject, tenant, sessionId } = principal;
  return {
    tenant,
    audience,
    sessionId,
    expiresAt: claims.exp * 1000,
    principal,
    revocable: { tenant, subject, sessionId, jti, userEpoch, claimsEpoch },
  };
}
