/** Facts by name: `{ 'session.started': SessionStarted, … }`. */
export type EventMap = Record<string, object>;

/** Said when a listener threw or rejected. */
export interface ListenerFailed {
  /** The event whose listener failed. */
  readonly event: string;
  /** What it threw. */
  readonly error: unknown;
}

/** Facts in the past tense. A listener can neither veto nor delay what happened. */
export interface Events<M extends EventMap> {
  /** Listens; the answer stops listening. */
  on<N extends keyof M & string>(name: N, listener: (fact: M[N]) => unknown): () => void;
  /** Tells a fact, after the step it reports is durable. */
  emit<N extends keyof M & string>(name: N, fact: M[N]): void;
}

/** Makes an emitter. A listener's failure becomes the event `listener.failed`; one of that event's own is dropped. */
export function createEvents<M extends EventMap & { 'listener.failed': ListenerFailed }>(): Events<M> {
  const listeners = new Map<string, Set<(fact: never) => unknown>>();
  const events: Events<M> = {
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => set.delete(listener);
    },
    emit(name, fact) {
      const set = listeners.get(name);
      if (!set) return;
      const failed = (error: unknown): void => {
        if (name !== 'listener.failed')
          events.emit('listener.failed', { event: name, error } as M['listener.failed'] & ListenerFailed);
      };
      for (const listener of set) {
        try {
          const result = listener(fact as never);
          if (result instanceof Promise) result.catch(failed);
        } catch (error) {
          failed(error);
        }
      }
    },
  };
  return events;
}
