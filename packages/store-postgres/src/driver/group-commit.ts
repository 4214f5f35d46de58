/** Which of the two texts serve: `auto` asks singly while nothing is under way; the others force one (conformance runs). */
export type GroupMode = 'auto' | 'single' | 'batch';

/** How calls of one verb are gathered. */
export interface GroupCommitOptions<Call, Result> {
  /** What a batch may hold once: the session. A second call of the same key goes into the next batch. */
  key(call: Call): string;
  /** Asks alone, with the statement that knows every case. */
  single(call: Call): Promise<Result>;
  /** Asks for many; `undefined` at a call's place: not an ordinary case, ask it alone. */
  batch(calls: readonly Call[]): Promise<readonly (Result | undefined)[]>;
  /** The answer of a call whose caller has gone or whose deadline is over; asked before each flight. */
  expired?(call: Call): { readonly result: Result } | undefined;
  /** Flights at the same time. Default 2; 0: every call is asked singly at once. */
  readonly maxFlights?: number;
  /** Calls in a flight. Default 200. */
  readonly maxRows?: number;
  /** Default `auto`. */
  readonly mode?: GroupMode;
}
export declare function groupCommit<Call, Result>(
  options: GroupCommitOptions<Call, Result>,
): (call: Call) => Promise<Result>;
