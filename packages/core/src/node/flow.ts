import type { AtEnd, FlowingBody } from '../http/index.ts';

/** A body on its way: what may go out now, and what waits for the acts at its end. */
export interface Flow {
  /** What `leave` sees. */
  readonly body: FlowingBody;
  /** Whether anybody waits for the end. Until somebody does, chunks need not come by here. */
  readonly held: boolean;
  /** Takes a chunk; answers the one that may be written now. */
  push(chunk: Uint8Array): Uint8Array | undefined;
  /** Runs the acts, then answers the chunk that was held back. Rejects when an act failed: cut the line. */
  finish(): Promise<Uint8Array | undefined>;
  /** The body will never be whole. */
  abort(): void;
}

/**
 * Makes a flow.
 *
 * @param exact there is a `Content-Length`: the last chunk is the last byte, so that one chunk is held back. Without
 * one the end itself is held back.
 */
export function createFlow(exact: boolean): Flow {
  const acts: { readonly limit: number; readonly act: AtEnd }[] = [];
  let limit = 0;
  let size = 0;
  let kept: Uint8Array[] | undefined = [];
  let last: Uint8Array | undefined;
  let settled = false;
  const tell = async (aborted: boolean): Promise<void> => {
    settled = true;
    let failure: { readonly error: unknown } | undefined;
    for (const { limit: own, act } of acts) {
      const cut = aborted || failure !== undefined;
      try {
        await act(!cut && kept && size <= own ? Buffer.concat(kept, size) : undefined, cut);
      } catch (error) {
        failure ??= { error };
      }
    }
    kept = undefined;
    if (failure) throw failure.error;
  };
  return {
    body: {
      beforeEnd(own, act) {
        acts.push({ limit: own, act });
        limit = Math.max(limit, own);
      },
    },
    get held() {
      return acts.length > 0;
    },
    push(chunk) {
      if (acts.length === 0) return chunk;
      size += chunk.byteLength;
      if (kept && size > limit) kept = undefined;
      if (!kept && !exact) return chunk;
      const copy = Buffer.from(chunk); // whoever wrote it may use its memory again
      kept?.push(copy);
      if (!exact) return chunk;
      const previous = last;
      last = copy;
      return previous;
    },
    async finish() {
      if (!settled) await tell(false);
      return last;
    },
    abort() {
      if (!settled) void tell(true).catch(() => {}); // nothing is left to cut
    },
  };
}
