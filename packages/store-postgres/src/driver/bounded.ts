/** The promise's outcome, or after `limitMs` a rejection with what `giveUp` makes. */
export function bounded<T>(promise: Promise<T>, limitMs: number, giveUp: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const late = (): void => {
      if (!settled) reject(giveUp());
    };
    // after a stall of the event loop the answer may be waiting in the socket: let it be read first
    const timer = setTimeout(() => setImmediate(late), limitMs);
    const settle = (): void => {
      settled = true;
      clearTimeout(timer);
    };
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
