/**
 * A statement inside a transaction failed, its error was swallowed, and the work went on: PostgreSQL answers such a
 * COMMIT with ROLLBACK and no error. Nothing was kept.
 */
export class TransactionAbortedError extends Error {
  override readonly name = 'TransactionAbortedError';

  constructor(options?: { readonly cause?: unknown }) {
    super('a statement failed inside the transaction and its error was swallowed; everything was rolled back', options);
  }
}
