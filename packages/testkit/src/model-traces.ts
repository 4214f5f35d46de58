import { AssertionError } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { AuditStamp } from '@castellan/core/audit';
import { noOrigin, uuidv7Generator } from '@castellan/core/kernel';
import type { SessionStore, SubjectStore } from '@castellan/core/sessions';

/** What a store can see of one step of the protocol's model. Tokens are numbers: `0` is what the session began with. */
export type ModelStep =
  | {
      readonly do: 'refresh';
      readonly token: number;
      /** Whose attempt: a token is replayed to the one whose key made its successor. */
      readonly key: number;
      readonly outcome: 'rotate' | 'keep' | 'replay' | 'reissue' | 'busy' | 'reuse' | 'revoked';
      /** The token of the answer, where it is one. */
      readonly gives: number | undefined;
    }
  | {
      readonly do: 'use';
      readonly token: number;
      readonly outcome: 'accept' | 'revoked' | 'superseded' | 'displaced';
    }
  /** The leaf becomes C old. */
  | { readonly do: 'close' }
  /** The last answer becomes C old. */
  | { readonly do: 'age' }
  /** Logout or password reset. */
  | { readonly do: 'end' };

/** One random run of the model (`formal/traces.jsonl`). */
export interface ModelTrace {
  /** The flags of the model and the seed: how to make this run again. */
  readonly name: string;
  /** Whether the clients send attempt keys. */
  readonly hasKeys: boolean;
  readonly steps: readonly ModelStep[];
}

/** Reads `formal/traces.jsonl`. */
export function parseTraces(text: string): readonly ModelTrace[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { flags, seed, steps } = JSON.parse(line) as { flags: string; seed: number; steps: string };
      const hasKeys = flags.includes('VARIANT=6');
      return { name: `${flags} seed ${seed}`, hasKeys, steps: steps.split(' ').map(parseStep) };
    });
}

type Refresh = Extract<ModelStep, { do: 'refresh' }>;
type Use = Extract<ModelStep, { do: 'use' }>;

function parseStep(text: string): ModelStep {
  if (text === 'C') return { do: 'close' };
  if (text === 'A') return { do: 'age' };
  if (text === 'K') return { do: 'end' };
  const match = /^(?:r(\d+)\.\d+\.(\d+)|u(\d+)\.\d+)=([a-z]+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new TypeError(`no step of the model: ${text}`);
  const [, token, key, used, outcome, gives] = match;
  if (used !== undefined) return { do: 'use', token: Number(used), outcome: outcome as Use['outcome'] };
  return {
    do: 'refresh',
    token: Number(token),
    key: Number(key),
    outcome: outcome as Refresh['outcome'],
    gives: gives === undefined ? undefined : Number(gives),
  };
}

/** Where a trace is replayed. */
export interface TraceStores {
  readonly sessions: SessionStore;
  readonly subjects: SubjectStore;
}

/** C of a replay, ms. */
const GRACE = 10_000;
const LIFE = 30 * 86_400_000;

/**
 * Replays a run of the model on a store, in a session of its own. Time is told by the trace: the calls carry `now`.
 *
 * @returns how many outcomes were compared
 * @throws AssertionError at the first step whose outcome, or whose token, is not the model's
 */
export async function replayTrace(stores: TraceStores, trace: ModelTrace): Promise<number> {
  const makeId = uuidv7Generator();
  const tenant = `trace-${makeId()}`;
  const subject = 'subject';
  const sessionId = makeId();
  const stamp = (): AuditStamp => ({ id: makeId(), origin: noOrigin });
  const hashOf = (what: string): Uint8Array => createHash('sha256').update(`${sessionId} ${what}`).digest();
  const origin = noOrigin;
  const idleMs = [LIFE, LIFE, LIFE] as const;

  const put = await stores.subjects.put({ tenant, id: subject, tier: undefined, actor: null, audit: stamp() });
  if (put.outcome !== 'done') throw new AssertionError({ message: `subjects.put came to ${put.outcome}` });
  let now = put.now;
  let leafAt = now;
  let answeredAt = now;
  /** The generation of each token; its hash is that of its number. */
  const generations = [0];
  await stores.sessions.start({
    sessionId,
    tenant,
    subject,
    authEpoch: 0,
    leaf: { kid: 1, hash: hashOf('R0') },
    transport: 'bearer',
    aal: 1,
    amr: [],
    idleMs: LIFE,
    absoluteMs: LIFE,
    origin,
    audit: null,
    now,
  });

  let compared = 0;
  const compare = (at: number, actual: unknown, expected: unknown): void => {
    compared++;
    if (actual === expected) return;
    const told = trace.steps
      .slice(0, at + 1)
      .map((step) => JSON.stringify(step))
      .join('\n');
    const message = `the store says ${String(actual)}, the model ${String(expected)}, at the last of\n${told}\nof ${trace.name}`;
    throw new AssertionError({ message, actual, expected });
  };

  const refresh = async (at: number, step: Refresh): Promise<void> => {
    const minted = `R${step.gives ?? `x${at}`}`;
    const generation = generations[step.token] ?? 0;
    const answer = await stores.sessions.refresh({
      tenant,
      sessionId,
      transport: 'bearer',
      generation,
      hash: hashOf(`R${step.token}`),
      // A replay must answer what is stored, not what this call brings.
      successor: {
        kid: 1,
        hash: hashOf(step.outcome === 'rotate' || step.outcome === 'reissue' ? minted : `spare ${at}`),
        nonce: hashOf(`nonce ${at}`),
      },
      attemptHash: trace.hasKeys ? hashOf(`key ${step.key}`) : null,
      jkt: null,
      graceMs: GRACE,
      reissueMs: null,
      idleMs,
      budgetMs: 60_000,
      origin,
      audit: { ...stamp(), ordinary: true },
      now,
    });
    compare(at, answer.outcome, step.outcome);
    if (!('session' in answer)) return;
    const given = step.outcome === 'keep' ? step.token : (step.gives ?? -1);
    const isGiven = Buffer.compare(answer.session.leaf.hash, hashOf(`R${given}`)) === 0;
    compare(at, isGiven ? `R${given}` : 'another token', `R${given}`);
    compare(at, answer.session.generation, step.outcome === 'keep' ? generation : generation + 1);
    generations[given] = answer.session.generation;
    if (step.outcome === 'rotate' || step.outcome === 'reissue') leafAt = answeredAt = now;
    if (step.outcome === 'replay') answeredAt = now;
  };

  const use = async (at: number, step: Use): Promise<void> => {
    const used = await stores.sessions.use({
      tenant,
      subject,
      sessionId,
      generation: generations[step.token] ?? 0,
      leafPrefix: hashOf(`R${step.token}`).subarray(0, 8),
      userEpoch: 0,
      audit: stamp(),
      now,
    });
    compare(at, used.outcome, step.outcome);
  };

  for (const [at, step] of trace.steps.entries()) {
    switch (step.do) {
      case 'refresh':
        // Inside C time goes on a little, so that a replay is younger than the leaf it answers.
        if (now < leafAt + GRACE) now++;
        await refresh(at, step);
        break;
      case 'use':
        await use(at, step);
        break;
      case 'close':
        now = Math.max(now, leafAt + GRACE);
        break;
      case 'age':
        now = Math.max(now, answeredAt + GRACE);
        break;
      case 'end':
        // A reset moves the subject's epoch, a logout ends the session: the model has one step for both.
        if (at % 2 === 0) await stores.subjects.endAll({ tenant, id: subject, actor: subject, audit: stamp(), now });
        else
          await stores.sessions.revoke({
            tenant,
            sessionId,
            owner: subject,
            transport: null,
            action: 'user.logout',
            audit: stamp(),
            now,
          });
        break;
    }
  }
  return compared;
}
