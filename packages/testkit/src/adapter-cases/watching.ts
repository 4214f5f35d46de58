import { type Guard, type HttpResponse, isFlowing } from '@castellan/core/http';

/** One answer, as an `after` saw it; `end` is what `beforeEnd` told of a flowing body. */
export interface Sight {
  readonly requestId: string;
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: HttpResponse['body'];
  readonly error: unknown;
  readonly end: { readonly text: string | undefined; readonly aborted: boolean } | undefined;
}

/** What a watching guard does besides. */
export interface WatchingOptions {
  /** Looks in a later turn. */
  readonly late?: boolean;
  /** Waits for the end of flowing bodies and collects at most this much; without it nothing is held back. */
  readonly limit?: number | undefined;
  /** Runs before the end is let go. */
  readonly atEnd?: () => Promise<void>;
  /** Puts another answer in the place of what it saw. */
  readonly change?: (response: HttpResponse) => HttpResponse;
}

/** A guard that writes down what it sees on the way out. */
export interface Watching {
  readonly guard: Guard;
  readonly seen: readonly Sight[];
  /** Resolves when this many answers were seen, and of those with an end the end too. */
  until(count: number): Promise<readonly Sight[]>;
}

/** Makes a {@link Watching}. */
export function watching({ late = false, limit, atEnd, change = (same) => same }: WatchingOptions = {}): Watching {
  const seen: { -readonly [K in keyof Sight]: Sight[K] }[] = [];
  const waiting = new Set<() => void>();
  let open = 0;
  const wake = (): void => {
    for (const look of waiting) look();
  };
  const look = (response: HttpResponse, requestId: string): HttpResponse => {
    const { status, headers, body, error } = response;
    const sight: (typeof seen)[number] = { requestId, status, headers: { ...headers }, body, error, end: undefined };
    seen.push(sight);
    if (limit !== undefined && isFlowing(body)) {
      open++;
      body.beforeEnd(limit, async (bytes, aborted) => {
        sight.end = { text: bytes && Buffer.from(bytes).toString(), aborted };
        open--;
        wake();
        await atEnd?.();
      });
    }
    wake();
    return change(response);
  };
  return {
    seen,
    guard({ context: { requestId } }) {
      if (!late) return (response) => look(response, requestId);
      return async (response) => {
        await new Promise((resolve) => setImmediate(resolve));
        return look(response, requestId);
      };
    },
    until: (count) =>
      new Promise((resolve) => {
        const attempt = (): void => {
          if (seen.length < count || open > 0) return;
          waiting.delete(attempt);
          resolve(seen);
        };
        waiting.add(attempt);
        attempt();
      }),
  };
}
