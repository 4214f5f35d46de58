import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** A lock that is held. */
export interface HeldLock {
  /** Ends it; nothing happens when it is over already. */
  release(): void;
}

/** How a lock is waited for. */
export interface LockOptions {
  /** How long to wait for a holder to go, ms. */
  readonly waitMs: number;
}

const POLL_MS = 100;
/** How often the holder shows that it lives, ms. */
const SIGN_OF_LIFE_MS = 2000;
/** After how long without one a holder whose process we can't see is held for dead, ms. */
const SILENCE_MS = 30_000;
/** How long making a lock may take, ms; who takes longer has died over it. */
const TURN_MS = 10_000;

interface Holder extends ProcessIdentity {
  readonly nonce: string;
}

/**
 * Takes the lock of a folder: the file `<folder>.lock` beside it. Two processes on one folder would write over each
 * other's pages without either of them noticing. The lock of a dead process is taken over.
 *
 * @throws Error that names the holder, when it has not gone after `waitMs`
 */
export async function takeLock(folder: string, { waitMs }: LockOptions): Promise<HeldLock> {
  const path = `${folder}.lock`;
  mkdirSync(dirname(path), { recursive: true });
  const own: Holder = { ...ownIdentity(), nonce: randomUUID() };
  for (let waited = 0; ; waited += POLL_MS) {
    const holder = tryTake(path, own);
    if (holder === own) return heldLock(path, own);
    if (waited >= waitMs) throw new Error(refusal(folder, path, holder, own));
    await sleep(POLL_MS);
  }
}

/** The holder after the attempt: `own`, or who stands in the way; `undefined`: another process is just taking it. */
function tryTake(path: string, own: Holder): Holder | undefined {
  const turn = `${path}.turn`;
  if (!create(turn, own.nonce)) {
    if (silenceOf(turn) > TURN_MS) rmSync(turn, { force: true });
    return undefined;
  }
  try {
    const holder = read(path);
    if (holder && !isGone(path, holder, own)) return holder;
    writeFileSync(path, JSON.stringify(own));
    return own;
  } finally {
    rmSync(turn, { force: true });
  }
}

function isGone(path: string, holder: Holder, own: Holder): boolean {
  const state = isAlive(holder, own);
  return state === 'dead' || (state === 'unknown' && silenceOf(path) > SILENCE_MS);
}

function heldLock(path: string, own: Holder): HeldLock {
  const sign = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // the folder's volume is away: opening and writing fail by themselves
    }
  }, SIGN_OF_LIFE_MS);
  sign.unref();
  const release = (): void => {
    clearInterval(sign);
    process.removeListener('exit', release);
    if (read(path)?.nonce === own.nonce) rmSync(path, { force: true });
  };
  process.once('exit', release);
  return { release };
}

function create(path: string, content: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeFileSync(file, content);
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** What is half-written or no lock of ours holds nothing. */
function read(path: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isHolder = typeof holder === 'object' && holder !== null && 'pid' in holder && 'nonce' in holder;
    return isHolder ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the file was last touched; it has gone: for ever. */
function silenceOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function refusal(folder: string, path: string, holder: Holder | undefined, own: Holder): string {
  const inUse = `the database folder ${folder} is in use`;
  const why =
    'Two processes on one folder would destroy each other’s data: stop the other one, or give this one a folder of its own';
  if (!holder) return `${inUse}: another process is taking it. ${why}`;
  if (holder.pid === own.pid && holder.host === own.host)
    return `${inUse} by this very process (${holder.pid}): it is open already; close it, or share the handle`;
  const where = holder.host === own.host ? '' : ` on ${holder.host}`;
  return `${inUse} by process ${holder.pid}${where} (lock ${path}). ${why}`;
}
