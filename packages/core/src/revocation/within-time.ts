import { StoreUnavailableError } from '../kernel/index.ts';

/**
 * A client that hangs must not make everybody hang: what comes later than this counts for nothing.
 *
 * @throws StoreUnavailableError when no answer has come in time
 */
export function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new StoreUnavailableError('revocations', `no answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
