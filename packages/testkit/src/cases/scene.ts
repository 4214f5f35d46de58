import type { AuditStamp } from '@castellan/core/audit';
import { type MakeId, type Origin, randomBytes, uuidv7Generator } from '@castellan/core/kernel';
import type {
  IssuedSession,
  RefreshCall,
  RefreshOutcome,
  RevokeCall,
  RevokeOutcome,
  StartCall,
  StartOutcome,
  UseCall,
  UseOutcome,
} from '@castellan/core/sessions';
import type { StoreHarness, StoreSet } from '../store-harness.ts';
import { expectOutcome } from './outcome.ts';

/** A time as a case tells it: milliseconds after the scene's `t0`, or `null` for the store's own clock. */
export type At = number | null;

/** C of the cases' calls unless they say otherwise, ms. */
export const GRACE = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Idle lives of the cases' calls by assurance level, ms. */
export const IDLE: readonly [number, number, number] = [336 * HOUR, HOUR, 15 * MINUTE];
/** Absolute life of the cases' sessions, ms. */
export const ABSOLUTE: number = 720 * HOUR;

/** Where the cases' calls come from unless they say otherwise. */
export const ORIGIN: Origin = { ip: '192.0.2.1', userAgent: 'conformance/1', requestId: 'request-1' };
/** Another address and agent. */
export const ELSEWHERE: Origin = { ip: '198.51.100.7', userAgent: 'elsewhere/1', requestId: 'request-2' };

/** A tenant and a subject of one case's own, and its calls with everything filled in that the rule is not about. */
export interface Scene {
  readonly harness: StoreHarness;
  readonly stores: StoreSet;
  readonly tenant: string;
  readonly subject: string;
  /** The store's clock when the scene was made, Unix ms. */
  readonly t0: number;
  readonly makeId: MakeId;
  /** As a verb takes it. */
  time(at: At): { readonly now?: number };
  stamp(origin?: Origin): AuditStamp;
  startCall(at: At, change?: Partial<StartCall>): StartCall;
  tryStart(at: At, change?: Partial<StartCall>): Promise<StartOutcome>;
  /** A session that must come about. */
  start(at: At, change?: Partial<StartCall>): Promise<IssuedSession>;
  /** Presents the refresh token that `held` was answered with; the successor is fresh. */
  refreshCall(at: At, held: IssuedSession, change?: Partial<RefreshCall>): RefreshCall;
  refresh(at: At, held: IssuedSession, change?: Partial<RefreshCall>): Promise<RefreshOutcome>;
  /** A refresh that must rotate. */
  rotate(at: At, held: IssuedSession, change?: Partial<RefreshCall>): Promise<IssuedSession>;
  /** Presents the access token that `held` was answered with. */
  useCall(at: At, held: IssuedSession, change?: Partial<UseCall>): UseCall;
  use(at: At, held: IssuedSession, change?: Partial<UseCall>): Promise<UseOutcome>;
  /** By its owner, unless the case says otherwise. */
  revokeCall(at: At, held: IssuedSession, change?: Partial<RevokeCall>): RevokeCall;
  revoke(at: At, held: IssuedSession, change?: Partial<RevokeCall>): Promise<RevokeOutcome>;
  /** Logs the subject out everywhere. */
  endAll(at: At, stores?: StoreSet): Promise<void>;
}

/** 32 random bytes: a hash or a nonce. */
export function bytes32(): Uint8Array {
  return randomBytes(32);
}

/** Makes a scene with a subject in it. A second scene may share the tenant of the first. */
export async function makeScene(
  harness: StoreHarness,
  options: { readonly tenant?: string; readonly subject?: string; readonly tier?: string; readonly t0?: number } = {},
): Promise<Scene> {
  const stores = harness.instances[0];
  const makeId = uuidv7Generator();
  const tenant = options.tenant ?? `tenant-${makeId()}`;
  const subject = options.subject ?? `subject-${makeId()}`;
  const stamp = (origin: Origin = ORIGIN): AuditStamp => ({ id: makeId(), origin });
  const put = await stores.subjects.put({ tenant, id: subject, tier: options.tier, audit: stamp(), actor: null });
  const { now } = expectOutcome(put, 'done');
  const t0 = options.t0 ?? now;
  const time = (at: At): { readonly now?: number } => (at === null ? {} : { now: t0 + at });

  const scene: Scene = {
    harness,
    stores,
    tenant,
    subject,
    t0,
    makeId,
    time,
    stamp,
    startCall: (at, change) => ({
      sessionId: makeId(),
      tenant,
      subject,
      authEpoch: null,
      leaf: { kid: 1, hash: bytes32() },
      transport: 'bearer',
      aal: 1,
      amr: ['pwd'],
      idleMs: IDLE[0],
      absoluteMs: ABSOLUTE,
      origin: ORIGIN,
      audit: stamp(),
      ...time(at),
      ...change,
    }),
    tryStart: (at, change) => stores.sessions.start(scene.startCall(at, change)),
    start: async (at, change) => expectOutcome(await scene.tryStart(at, change), 'started').session,
    refreshCall: (at, held, change) => ({
      tenant: held.tenant,
      sessionId: held.sessionId,
      transport: 'bearer',
      generation: held.generation,
      hash: held.leaf.hash,
      successor: { kid: 1, hash: bytes32(), nonce: bytes32() },
      attemptHash: null,
      jkt: null,
      graceMs: GRACE,
      reissueMs: null,
      idleMs: IDLE,
      budgetMs: MINUTE,
      origin: ORIGIN,
      audit: { ...stamp(), ordinary: true },
      ...time(at),
      ...change,
    }),
    refresh: (at, held, change) => stores.sessions.refresh(scene.refreshCall(at, held, change)),
    rotate: async (at, held, change) => expectOutcome(await scene.refresh(at, held, change), 'rotate').session,
    useCall: (at, held, change) => ({
      tenant: held.tenant,
      subject: held.subject,
      sessionId: held.sessionId,
      generation: held.generation,
      leafPrefix: held.leaf.hash.subarray(0, 8),
      userEpoch: held.userEpoch,
      audit: stamp(),
      ...time(at),
      ...change,
    }),
    use: (at, held, change) => stores.sessions.use(scene.useCall(at, held, change)),
    revokeCall: (at, held, change) => ({
      tenant: held.tenant,
      sessionId: held.sessionId,
      owner: held.subject,
      transport: null,
      action: 'session.revoke',
      audit: stamp(),
      ...time(at),
      ...change,
    }),
    revoke: (at, held, change) => stores.sessions.revoke(scene.revokeCall(at, held, change)),
    endAll: async (at, on = stores) => {
      const call = { tenant, id: subject, audit: stamp(), actor: subject, ...time(at) };
      expectOutcome(await on.subjects.endAll(call), 'done');
    },
  };
  return scene;
}
