import { type MakeId, noOrigin, type Origin } from '../kernel/index.ts';
import type { LocalRevocations } from './local-revocations.ts';
import { type AskStore, makeStamp } from './session-parts.ts';
import { checkSubjectId, checkTenant } from './subject-id.ts';
import type { Subject, SubjectCall, SubjectOutcome, SubjectStore } from './subject-store.ts';

/** Which subject: its id, with the tenant where there is one. */
export type SubjectRef = string | { readonly id: string; readonly tenant?: string };

/** For the audit row. Both default to the app itself. */
export interface SubjectActor {
  /** Who did it. */
  readonly actor?: string;
  readonly origin?: Origin;
}

/** A subject as the app tells it. */
export interface SubjectInput {
  /** The app's own user id, as a text of 1–255 characters. */
  readonly id: string;
  /** Default `''`. */
  readonly tenant?: string;
  /** `null`: the default tier. Left out, a known subject keeps its tier. */
  readonly tier?: string | null;
}

/**
 * Users as an app with its own users table tells them: sessions, tiers and revocation stand on these rows. Every verb
 * throws `TypeError` for an id that cannot be one, and rejects with `StoreUnavailableError` when the store is away.
 */
export interface Subjects {
  /** Makes a subject known, or sets the tier of a known one. Repeating it changes nothing. Never enables. */
  put(subject: SubjectInput, by?: SubjectActor): Promise<Subject>;
  /** Ends all its sessions and access tokens and lets it start none. `undefined`: not known. */
  disable(subject: SubjectRef, by?: SubjectActor): Promise<Subject | undefined>;
  /** Ends all its sessions and access tokens; it may sign in again at once. For a password reset of the app's own. */
  endAll(subject: SubjectRef, by?: SubjectActor): Promise<Subject | undefined>;
  /** Lets it sign in again. What was ended stays ended. */
  enable(subject: SubjectRef, by?: SubjectActor): Promise<Subject | undefined>;
  /** Access tokens with the earlier tier are stale at once; a refresh brings the new one. */
  setTier(subject: SubjectRef, tier: string | null, by?: SubjectActor): Promise<Subject | undefined>;
  /** `authEpoch` is the fence for `sessions.start`: read it *before* the password is checked. */
  get(subject: SubjectRef): Promise<Subject | undefined>;
}

/** What {@link createSubjects} is made from. */
export interface SubjectsOptions {
  readonly store: SubjectStore;
  readonly revocations: LocalRevocations;
  readonly ask: AskStore;
  readonly makeId: MakeId;
  /** The tiers that exist; left out, any name passes. */
  readonly tiers?: readonly string[] | undefined;
}

/** Makes the subjects' verbs. */
export function createSubjects({ store, revocations, ask, makeId, tiers }: SubjectsOptions): Subjects {
  const stamp = makeStamp(makeId);

  const calling = (ref: SubjectRef, { actor, origin = noOrigin }: SubjectActor = {}, verb: string): SubjectCall => ({
    ...key(ref, verb),
    actor: actor ?? null,
    audit: stamp(origin),
  });
  const tierOf = (tier: string | null, verb: string): string | null => {
    if (tier !== null && typeof tier !== 'string') throw new TypeError(`subjects.${verb}: tier must be a text or null`);
    if (tier !== null && tiers && !tiers.includes(tier))
      throw new TypeError(`subjects.${verb}: tier must be one of ${tiers.join(', ')}, not ${JSON.stringify(tier)}`);
    return tier;
  };
  const told = async (
    verb: () => Promise<SubjectOutcome>,
    write?: (subject: Subject, now: number) => void,
  ): Promise<Subject | undefined> => {
    const answer = await ask(verb, (answer) => (answer.outcome === 'done' ? answer.now : undefined));
    switch (answer.outcome) {
      case 'not_found':
        return undefined;
      case 'done':
        if (answer.changed) write?.(answer.subject, answer.now);
        return answer.subject;
    }
  };
  const dead = ({ tenant, id, authEpoch }: Subject, now: number): void =>
    revocations.authEpoch(tenant, id, authEpoch, now);
  const stale = ({ tenant, id, claimsEpoch }: Subject, now: number): void =>
    revocations.claimsEpoch(tenant, id, claimsEpoch, now);

  return {
    async put(input, by) {
      const call = calling(input, by, 'put');
      const tier = input.tier === undefined ? undefined : tierOf(input.tier, 'put');
      const subject = await told(() => store.put({ ...call, tier }), stale);
      if (!subject) throw new Error('the subject store did not keep what it was told');
      return subject;
    },
    async disable(ref, by) {
      const call = calling(ref, by, 'disable');
      return told(() => store.disable(call), dead);
    },
    async endAll(ref, by) {
      const call = calling(ref, by, 'endAll');
      return told(() => store.endAll(call), dead);
    },
    async enable(ref, by) {
      const call = calling(ref, by, 'enable');
      return told(() => store.enable(call));
    },
    async setTier(ref, tier, by) {
      const call = { ...calling(ref, by, 'setTier'), tier: tierOf(tier, 'setTier') };
      return told(() => store.setTier(call), stale);
    },
    async get(ref) {
      const { tenant, id } = key(ref, 'get');
      return store.read(tenant, id);
    },
  };
}

function key(ref: SubjectRef, verb: string): { readonly tenant: string; readonly id: string } {
  const { id, tenant = '' } = typeof ref === 'object' && ref !== null ? ref : { id: ref };
  checkSubjectId(id, `subjects.${verb}: id`);
  checkTenant(tenant, `subjects.${verb}: tenant`);
  return { tenant, id };
}
