import { type Guard, type HttpResponse, isFlowing } from '@castellan/core/http';

/** What an `after` has seen, in order. */
export interface Watching {
  readonly guard: Guard;
  readonly seen: Sight[];
}

/** One answer, as an `after` saw it; `end` is what `beforeEnd` told of a flowing body. */
export interface Sight {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: HttpResponse['body'];
  readonly error: unknown;
  readonly end: { text: string | undefined; aborted: boolean } | undefined;
}

/** What a watching guard does besides. */
export interface WatchingOptions {
  /** Answers in a later turn. */
  readonly late?: boolean;
  /** Waits for the end of flowing bodies, collecting at most this much; `undefined` does not wait. */
  readonly limit?: number | undefined;
  /** Runs before the end is let go. */
  readonly atEnd?: () => Promise<void>;
  readonly change?: (response: HttpResponse) => HttpResponse;
}

/** Makes a guard that writes down what it sees on the way out. */
export function watching({ late = false, limit, atEnd, change = (r) => r }: WatchingOptions = {}): Watching {
  const seen: Sight[] = [];
  const look = (response: HttpResponse): HttpResponse => {
    const sight: { -readonly [K in keyof Sight]: Sight[K] } = {
      status: response.status,
      headers: { ...response.headers },
      body: response.body,
      error: response.error,
      end: undefined,
    };
    seen.push(sight);
    if (limit !== undefined && isFlowing(response.body))
      response.body.beforeEnd(limit, async (bytes, aborted) => {
        sight.end = { text: bytes && Buffer.from(bytes).toString(), aborted };
        await atEnd?.();
      });
    return change(response);
  };
  const later = async (response: HttpResponse): Promise<HttpResponse> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return look(response);
  };
  return { seen, guard: () => (late ? later : look) };
}
