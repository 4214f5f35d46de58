import type { MonotonicClock, StoreUnavailableError } from '../../kernel/index.ts';

/** What is told when a store goes away and when it is back, once each. They must not throw. */
export interface BreakerEvents {
  /** The store is away: from now on it is not waited for. */
  readonly onUnavailable?: ((reason: StoreUnavailableError) => void) | undefined;
  /** The store is back, after so many ms. */
  readonly onRecovered?: ((awayMs: number) => void) | undefined;
}

/**
 * Notices that a store is away, so that nobody waits for it. Closed: it is asked. Open: nobody asks, but for a question
 * in the background now and then. On trial, after one that was answered: it is asked again, and the first call decides.
 * A store that answers questions and refuses to write is away.
 */
export interface Breaker {
  readonly isOpen: boolean;
  /** A call was answered in time. */
  succeeded(): void;
  /** A call failed, or was not answered in time. */
  failed(reason: StoreUnavailableError): void;
  /** Asks in the background whether an open one's store is back, when it is time to. */
  probe(now: number, ask: () => Promise<unknown>): void;
}

/** Calls that fail one after the other, without one that succeeds, before nobody waits any more. */
const FAILURES = 3;
/** How long nobody asks after a failure. */
export const PROBE_MS = 1000;

/** Makes a closed one. */
export function createBreaker(clock: MonotonicClock, { onUnavailable, onRecovered }: BreakerEvents): Breaker {
  let state: 'closed' | 'open' | 'trial' = 'closed';
  let failures = 0;
  let awaySince = 0;
  let probeAt = 0;
  let probing = false;

  function enter(next: typeof state): void {
    state = next;
    breaker.isOpen = next === 'open';
  }
  function open(): void {
    enter('open');
    probeAt = clock() + PROBE_MS;
  }

  // no getter: objects that have one are dictionaries to V8, and every check looks here
  const breaker = {
    isOpen: false,
    succeeded() {
      failures = 0;
      if (state !== 'trial') return; // a late answer says nothing about now
      enter('closed');
      onRecovered?.(clock() - awaySince);
    },
    failed(reason: StoreUnavailableError) {
      failures++;
      if (state === 'trial') open();
      if (state !== 'closed' || failures < FAILURES) return;
      awaySince = clock();
      open();
      onUnavailable?.(reason);
    },
    probe(now: number, ask: () => Promise<unknown>) {
      if (state !== 'open' || probing || now < probeAt) return;
      probing = true;
      ask().then(
        () => {
          probing = false;
          enter('trial');
        },
        () => {
          probing = false;
          open();
        },
      );
    },
  };
  return breaker;
}
